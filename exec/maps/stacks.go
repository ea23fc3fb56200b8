package maps

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"

	"github.com/bpflint/bpflint/exec/errno"
)

// Stacks is a stack trace map: stacks by a number that is a hash of their
// addresses.
type Stacks struct {
	spec  Spec
	depth int

	mu     sync.Mutex
	stacks map[uint32][]uint64
	mask   uint32
}

// Flags of Stacks.Add.
const (
	StackFastCompare = 1 << 9  // compare hashes only
	StackReuse       = 1 << 10 // a stack with the same number makes room
)

const maxStackDepth = 127

func newStacks(s Spec, _ Options) (Map, error) {
	const buildID = 1 << 5
	switch {
	case s.MaxEntries == 0 || s.MaxEntries > 1<<28 || s.KeySize != 4:
		return nil, errors.New("key size must be 4, and max_entries not 0")
	case s.Flags&buildID != 0:
		return nil, errors.New("unsupported: stacks of build IDs")
	case s.ValueSize < 8 || s.ValueSize%8 != 0 || s.ValueSize/8 > maxStackDepth:
		return nil, errors.New("value size must be a multiple of 8, for at most 127 addresses")
	}
	return &Stacks{
		spec: s, depth: int(s.ValueSize / 8), stacks: make(map[uint32][]uint64),
		mask: 1<<bits.Len32(s.MaxEntries-1) - 1,
	}, nil
}

// Add keeps a stack, cut to the map's depth, and returns its number. EEXIST
// means that another stack has it.
func (s *Stacks) Add(stack []uint64, flags uint64) (uint32, errno.Errno) {
	stack = stack[:min(len(stack), s.depth)]
	id := hashKey(encodeStack(stack), 0) & s.mask
	s.mu.Lock()
	defer s.mu.Unlock()
	old, there := s.stacks[id]
	switch {
	case there && (flags&StackFastCompare != 0 || equalStacks(old, stack)):
		return id, errno.OK
	case there && flags&StackReuse == 0:
		return 0, errno.EEXIST
	}
	s.stacks[id] = append([]uint64(nil), stack...)
	return id, errno.OK
}

func encodeStack(stack []uint64) []byte {
	var b []byte
	for _, a := range stack {
		b = binary.LittleEndian.AppendUint64(b, a)
	}
	return b
}

func equalStacks(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Spec returns what the map was made from.
func (s *Stacks) Spec() *Spec { return &s.spec }

// Lookup is not possible from a program.
func (s *Stacks) Lookup(int, []byte) uint64 { return 0 }

// Update is not possible.
func (s *Stacks) Update(int, []byte, []byte, uint64) errno.Errno { return errno.EINVAL }

// Put is not possible.
func (s *Stacks) Put([]byte, []byte, uint64) errno.Errno { return errno.EINVAL }

// Get returns a stack, padded with zeros.
func (s *Stacks) Get(key []byte) ([]byte, errno.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stack, ok := s.stacks[binary.LittleEndian.Uint32(key)]
	if !ok {
		return nil, errno.ENOENT
	}
	b := encodeStack(stack)
	return append(b, make([]byte, int(s.spec.ValueSize)-len(b))...), errno.OK
}

// Delete removes a stack.
func (s *Stacks) Delete(key []byte) errno.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := binary.LittleEndian.Uint32(key)
	switch _, ok := s.stacks[id]; {
	case id > s.mask:
		return errno.E2BIG
	case !ok:
		return errno.ENOENT
	}
	delete(s.stacks, id)
	return errno.OK
}

// Next walks the numbers in order.
func (s *Stacks) Next(key []byte) ([]byte, errno.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := uint64(0)
	if key != nil {
		// A key that is not there starts again.
		id := binary.LittleEndian.Uint32(key)
		if _, ok := s.stacks[id]; ok {
			from = uint64(id) + 1
		}
	}
	best := uint64(s.mask) + 1
	for id := range s.stacks {
		if uint64(id) >= from {
			best = min(best, uint64(id))
		}
	}
	if best > uint64(s.mask) {
		return nil, errno.ENOENT
	}
	return binary.LittleEndian.AppendUint32(nil, uint32(best)), errno.OK
}
