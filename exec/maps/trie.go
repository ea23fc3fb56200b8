package maps

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
)

// trie finds the longest prefix. It is a hash table of prefixes with a count
// of how many have each length: a lookup asks for every length in use, longest
// first. Keys begin with the length of the prefix in bits; bits after the prefix
// do not matter, but user space gets them back.
type trie struct {
	*hash
	mu      sync.Mutex // guards changes and raw
	raw     []byte     // keys as they were given, by element
	lengths []atomic.Int32
}

func newTrie(s Spec, o Options) (Map, error) {
	switch {
	case s.KeySize < 5 || s.KeySize > 4+256:
		return nil, errors.New("key size must be 5 to 260")
	case s.Flags&FlagNoPrealloc == 0:
		return nil, errors.New("BPF_F_NO_PREALLOC is missing")
	}
	m, err := newHash(s, o)
	if err != nil {
		return nil, err
	}
	h := m.(*hash)
	return &trie{
		hash: h, raw: make([]byte, len(h.next)*int(s.KeySize)), lengths: make([]atomic.Int32, 8*(s.KeySize-4)+1),
	}, nil
}

// prefix cuts a key to its first n bits.
func prefix(dst, key []byte, n int) []byte {
	dst = append(dst[:0], key...)
	binary.LittleEndian.PutUint32(dst, uint32(n))
	data := dst[4:]
	if n/8 < len(data) {
		data[n/8] &= ^byte(0) << (8 - n%8) & 0xff
		clear(data[n/8+1:])
		if n%8 == 0 {
			data[n/8] = 0
		}
	}
	return dst
}

func (t *trie) bits(key []byte) (int, bool) {
	n := binary.LittleEndian.Uint32(key)
	return int(n), n < uint32(len(t.lengths))
}

func (t *trie) match(key []byte) uint32 {
	n, ok := t.bits(key)
	if !ok {
		return 0
	}
	var buf [260]byte
	for ; n >= 0; n-- {
		if t.lengths[n].Load() == 0 {
			continue
		}
		p := prefix(buf[:], key, n)
		if i := t.find(p, hashKey(p, t.seed)); i != 0 {
			return i
		}
	}
	return 0
}

func (t *trie) Lookup(cpu int, key []byte) uint64 {
	if i := t.match(key); i != 0 {
		return t.addr(cpu, int(i))
	}
	return 0
}

func (t *trie) Get(key []byte) ([]byte, errno.Errno) {
	if i := t.match(key); i != 0 {
		return t.get(int(i)), errno.OK
	}
	return nil, errno.ENOENT
}

func (t *trie) Update(_ int, key, value []byte, flags uint64) errno.Errno {
	return t.Put(key, value, flags)
}

func (t *trie) Put(key, value []byte, flags uint64) errno.Errno {
	n, ok := t.bits(key)
	if flags > Exist || !ok {
		return errno.EINVAL
	}
	var buf [260]byte
	p := prefix(buf[:], key, n)
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := hashKey(p, t.seed)
	there := t.find(p, sum) != 0
	switch e := t.hash.Put(p, value, flags); e {
	case errno.OK:
	case errno.E2BIG:
		return errno.ENOSPC
	default:
		return e
	}
	if !there {
		t.lengths[n].Add(1)
	}
	copy(t.rawKey(t.find(p, sum)), key)
	return errno.OK
}

func (t *trie) rawKey(i uint32) []byte {
	size := int(t.spec.KeySize)
	return t.raw[int(i)*size:][:size]
}

func (t *trie) Delete(key []byte) errno.Errno {
	n, ok := t.bits(key)
	if !ok {
		return errno.EINVAL
	}
	var buf [260]byte
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.hash.Delete(prefix(buf[:], key, n))
	if e == errno.OK {
		t.lengths[n].Add(-1)
	}
	return e
}

// Next goes from the most specific prefixes to the others, in the order of
// their bits.
func (t *trie) Next(key []byte) ([]byte, errno.Errno) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys [][]byte
	for k, e := t.hash.Next(nil); e == errno.OK; k, e = t.hash.Next(k) {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errno.ENOENT
	}
	slices.SortFunc(keys, comparePrefix)
	at := 0
	if key != nil {
		if n, ok := t.bits(key); ok {
			if i, found := slices.BinarySearchFunc(keys, prefix(nil, key, n), comparePrefix); found {
				at = i + 1
			}
		}
	}
	if at == len(keys) {
		return nil, errno.ENOENT
	}
	return bytes.Clone(t.rawKey(t.find(keys[at], hashKey(keys[at], t.seed)))), errno.OK
}

// comparePrefix orders as a walk of the trie that visits children first.
func comparePrefix(a, b []byte) int {
	na, nb := int(binary.LittleEndian.Uint32(a)), int(binary.LittleEndian.Uint32(b))
	n := min(na, nb)
	if c := bytes.Compare(prefix(nil, a, n)[4:], prefix(nil, b, n)[4:]); c != 0 {
		return c
	}
	return nb - na
}
