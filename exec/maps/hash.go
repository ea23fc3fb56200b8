package maps

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
)

// hash is a hash table with chained buckets. Elements are numbers from 1;
// their keys, hashes and links are arrays of words that are only accessed
// atomically, so that lookups need no lock: a bucket has a sequence number
// which is odd while the bucket changes, and a lookup that met a change starts
// again.
//
// As in Linux, replacing a value takes another element, puts it first in the
// bucket and frees the old one, so that who holds a pointer to the old value
// still sees it. One element for each CPU is kept in reserve for that.
type hash struct {
	spec     Spec
	seed     uint32
	keyWords int
	buckets  []bucket
	next     []atomic.Uint32
	hashes   []atomic.Uint32
	keys     []uint64 // keyWords for each element
	values

	mu    sync.Mutex // guards what follows
	free  []uint32   // elements that were used before
	fresh uint32     // the first that never was
	count uint32

	lru *lru
}

type bucket struct {
	seq  atomic.Uint32 // odd while it is locked
	head atomic.Uint32
}

func newHash(s Spec, o Options) (Map, error) {
	switch {
	case s.MaxEntries == 0:
		return nil, errors.New("max_entries is 0")
	case s.KeySize == 0:
		return nil, errors.New("key size is 0")
	case s.MaxEntries > 1<<28:
		return nil, errTooBig
	}
	h := &hash{spec: s, seed: uint32(o.Seed), keyWords: (int(s.KeySize) + 7) / 8, fresh: 1}
	if s.Flags&FlagZeroSeed != 0 {
		h.seed = 0
	}
	count := int(s.MaxEntries) + max(o.CPUs, 1) + 1
	v, err := newValues(&s, o, count)
	if err != nil {
		return nil, err
	}
	h.values = v
	h.buckets = make([]bucket, 1<<bits.Len32(s.MaxEntries-1))
	h.next = make([]atomic.Uint32, count)
	h.hashes = make([]atomic.Uint32, count)
	h.keys = make([]uint64, count*h.keyWords)
	if s.lru() {
		h.lru = newLRU(count)
	}
	return h, nil
}

func (h *hash) Spec() *Spec { return &h.spec }

func (h *hash) bucket(sum uint32) *bucket { return &h.buckets[sum&uint32(len(h.buckets)-1)] }

// equal compares an element's key.
func (h *hash) equal(i uint32, key []byte) bool {
	words := h.keys[int(i)*h.keyWords:][:h.keyWords]
	for w := range words {
		var x uint64
		if len(key) >= 8 {
			x = binary.LittleEndian.Uint64(key)
			key = key[8:]
		} else {
			x = lastWord(key)
		}
		if atomic.LoadUint64(&words[w]) != x {
			return false
		}
	}
	return true
}

// lastWord pads up to 7 bytes with zeros.
func lastWord(b []byte) uint64 {
	if len(b) == 4 {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	var x uint64
	for i := len(b) - 1; i >= 0; i-- {
		x = x<<8 | uint64(b[i])
	}
	return x
}

func (h *hash) setKey(i uint32, key []byte) {
	words := h.keys[int(i)*h.keyWords:][:h.keyWords]
	for w := range words {
		var x uint64
		if len(key) >= 8 {
			x = binary.LittleEndian.Uint64(key)
			key = key[8:]
		} else {
			x = lastWord(key)
		}
		atomic.StoreUint64(&words[w], x)
	}
}

func (h *hash) key(i uint32) []byte {
	key := make([]byte, 0, 8*h.keyWords)
	for w := range h.keyWords {
		key = binary.LittleEndian.AppendUint64(key, atomic.LoadUint64(&h.keys[int(i)*h.keyWords+w]))
	}
	return key[:h.spec.KeySize]
}

// walk looks for a key in a chain.
func (h *hash) walk(b *bucket, key []byte, sum uint32) uint32 {
	i := b.head.Load()
	for i != 0 && (h.hashes[i].Load() != sum || !h.equal(i, key)) {
		i = h.next[i].Load()
	}
	return i
}

// find looks for a key without a lock; 0 is none.
func (h *hash) find(key []byte, sum uint32) uint32 {
	b := h.bucket(sum)
	for tries := 1; ; tries++ {
		seq := b.seq.Load()
		if seq&1 == 0 {
			if i := h.walk(b, key, sum); b.seq.Load() == seq {
				return i
			}
		}
		if tries%16 == 0 {
			runtime.Gosched()
		}
	}
}

// lock makes a bucket's sequence number odd.
func (b *bucket) lock() {
	for tries := 1; ; tries++ {
		if seq := b.seq.Load(); seq&1 == 0 && b.seq.CompareAndSwap(seq, seq+1) {
			return
		}
		if tries%16 == 0 {
			runtime.Gosched()
		}
	}
}

func (b *bucket) unlock() { b.seq.Add(1) }

// link puts an element first in a bucket, which is locked.
func (h *hash) link(b *bucket, i uint32) {
	h.next[i].Store(b.head.Load())
	b.head.Store(i)
}

// unlink takes an element out of a bucket, which is locked.
func (h *hash) unlink(b *bucket, i uint32) {
	prev := &b.head
	for prev.Load() != i {
		prev = &h.next[prev.Load()]
	}
	prev.Store(h.next[i].Load())
}

// alloc takes a free element. extra takes one even when the map is full, for a
// value that replaces another. 0 means that the map is full.
func (h *hash) alloc(extra bool) uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !extra {
		if h.count >= h.spec.MaxEntries {
			return 0
		}
		h.count++
	}
	if n := len(h.free); n > 0 {
		i := h.free[n-1]
		h.free = h.free[:n-1]
		return i
	}
	if int(h.fresh) >= len(h.next) {
		return 0
	}
	h.fresh++
	return h.fresh - 1
}

// release gives an element back; extra says that it was replaced. Its special
// fields are emptied at once: a timer in it is no more.
func (h *hash) release(i uint32, extra bool) {
	h.values.release(int(i))
	h.mu.Lock()
	h.free = append(h.free, i)
	if !extra {
		h.count--
	}
	h.mu.Unlock()
}

func (h *hash) Lookup(cpu int, key []byte) uint64 {
	i := h.find(key, hashKey(key, h.seed))
	if i == 0 {
		return 0
	}
	if h.lru != nil {
		h.lru.touch(i)
	}
	return h.addr(cpu, int(i))
}

func (h *hash) Update(cpu int, key, value []byte, flags uint64) errno.Errno {
	return h.update(key, flags, func(i uint32, fresh bool) { h.set(cpu, int(i), value, fresh) })
}

func (h *hash) Put(key, value []byte, flags uint64) errno.Errno {
	return h.update(key, flags, func(i uint32, fresh bool) { h.put(int(i), value, fresh) })
}

// update finds or makes an element and lets store set its value.
func (h *hash) update(key []byte, flags uint64, store func(i uint32, fresh bool)) errno.Errno {
	if e := checkFlags(flags); e != errno.OK {
		return e
	}
	sum := hashKey(key, h.seed)
	b := h.bucket(sum)
	for {
		b.lock()
		old := h.walk(b, key, sum)
		e := exists(old != 0, flags)
		switch {
		case e != errno.OK:
		case old != 0 && len(h.data) > 1:
			store(old, false) // a per-CPU value is replaced in place
		default:
			var i uint32
			if i, e = h.take(old); e == errno.OK {
				h.setKey(i, key)
				h.hashes[i].Store(sum)
				store(i, true)
				h.link(b, i)
				if old != 0 {
					h.unlink(b, old)
				}
			}
		}
		b.unlock()
		switch {
		case e == errno.OK && old != 0 && len(h.data) == 1:
			h.drop(old)
		case e == errno.ENOMEM && h.evict():
			continue
		}
		return e
	}
}

// exists checks the flags against whether the key is there.
func exists(there bool, flags uint64) errno.Errno {
	switch {
	case there && flags&^Lock == NoExist:
		return errno.EEXIST
	case !there && flags&^Lock == Exist:
		return errno.ENOENT
	}
	return errno.OK
}

// take gets an element for a new value. A full LRU map says ENOMEM, since
// something can be evicted when the bucket is not locked.
func (h *hash) take(old uint32) (uint32, errno.Errno) {
	i := h.alloc(old != 0)
	switch {
	case i == 0 && h.lru != nil:
		return 0, errno.ENOMEM
	case i == 0 && old != 0:
		return 0, errno.EBUSY
	case i == 0:
		return 0, errno.E2BIG
	}
	if h.lru != nil {
		h.lru.insert(i)
	}
	return i, errno.OK
}

// drop frees an element that another replaced.
func (h *hash) drop(old uint32) {
	if h.lru != nil {
		h.lru.remove(old)
	}
	h.release(old, true)
}

// evict removes the element that was used least recently; false when there is
// nothing to remove.
func (h *hash) evict() bool {
	if h.lru == nil {
		return false
	}
	i := h.lru.oldest()
	if i == 0 {
		return false
	}
	b := h.bucket(h.hashes[i].Load())
	b.lock()
	found := h.contains(b, i)
	if found {
		h.unlink(b, i)
	}
	b.unlock()
	if found {
		h.lru.remove(i)
		h.release(i, false)
	}
	return true
}

func (h *hash) contains(b *bucket, i uint32) bool {
	e := b.head.Load()
	for e != 0 && e != i {
		e = h.next[e].Load()
	}
	return e != 0
}

func (h *hash) Delete(key []byte) errno.Errno {
	sum := hashKey(key, h.seed)
	b := h.bucket(sum)
	b.lock()
	i := h.walk(b, key, sum)
	if i != 0 {
		h.unlink(b, i)
	}
	b.unlock()
	if i == 0 {
		return errno.ENOENT
	}
	if h.lru != nil {
		h.lru.remove(i)
	}
	h.release(i, false)
	return errno.OK
}

func (h *hash) Get(key []byte) ([]byte, errno.Errno) {
	i := h.find(key, hashKey(key, h.seed))
	if i == 0 {
		return nil, errno.ENOENT
	}
	return h.get(int(i)), errno.OK
}

// Next walks the buckets in order, each from its newest element.
func (h *hash) Next(key []byte) ([]byte, errno.Errno) {
	at := 0
	if key != nil {
		sum := hashKey(key, h.seed)
		if i := h.find(key, sum); i != 0 {
			if next := h.next[i].Load(); next != 0 {
				return h.key(next), errno.OK
			}
			at = int(sum&uint32(len(h.buckets)-1)) + 1
		}
	}
	for ; at < len(h.buckets); at++ {
		if i := h.buckets[at].head.Load(); i != 0 {
			return h.key(i), errno.OK
		}
	}
	return nil, errno.ENOENT
}

// visit shows the elements bucket by bucket. As in the kernel the next element of
// a bucket is chosen before one is visited, so that it is visited as well when it
// was deleted meanwhile.
func (h *hash) visit(cpu int, each func(key []byte, value uint64) bool) {
	for b := range h.buckets {
		for i := h.buckets[b].head.Load(); i != 0; {
			next := h.next[i].Load()
			if !each(h.key(i), h.addr(cpu, int(i))) {
				return
			}
			i = next
		}
	}
}

// Element returns the key of the element that an address lies in, and the
// address of its value.
func (h *hash) Element(addr uint64) (key []byte, value uint64, ok bool) {
	i, value, ok := h.element(addr)
	if !ok {
		return nil, 0, false
	}
	return h.key(uint32(i)), value, true
}
