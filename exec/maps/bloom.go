package maps

import (
	"errors"
	"math/bits"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
)

// bloom answers whether a value was perhaps pushed. Its size is that of Linux:
// enough bits that half of them are set when it is full.
type bloom struct {
	noKeys
	seed   uint32
	hashes uint32
	bits   []atomic.Uint64
}

func newBloom(s Spec, o Options) (Map, error) {
	if s.KeySize != 0 || s.ValueSize == 0 || s.MaxEntries == 0 || s.Extra > 15 {
		return nil, errors.New("key size must be 0, value size and max_entries not, map_extra at most 15")
	}
	b := &bloom{seed: uint32(o.Seed), hashes: uint32(s.Extra & 0xf)}
	if s.Flags&FlagZeroSeed != 0 {
		b.seed = 0
	}
	if b.hashes == 0 {
		b.hashes = 5
	}
	// n*k/ln 2 bits, with 7/5 for 1/ln 2, rounded up to a power of two.
	n := uint64(s.MaxEntries) * uint64(b.hashes) * 7 / 5
	n = uint64(1) << bits.Len64(max(n, 64)-1)
	if n > 8*MaxBytes {
		return nil, errTooBig
	}
	b.bits = make([]atomic.Uint64, n/64)
	b.noKeys = noKeys{spec: s, stack: b}
	return b, nil
}

func (b *bloom) bit(value []byte, i uint32) uint64 {
	return uint64(hashKey(value, b.seed+i)) & uint64(64*len(b.bits)-1)
}

// Push adds a value.
func (b *bloom) Push(value []byte, flags uint64) errno.Errno {
	if flags != Any {
		return errno.EINVAL
	}
	for i := range b.hashes {
		n := b.bit(value, i)
		b.bits[n/64].Or(1 << (n % 64))
	}
	return errno.OK
}

// Peek says whether a value was perhaps pushed.
func (b *bloom) Peek(value []byte) errno.Errno {
	for i := range b.hashes {
		n := b.bit(value, i)
		if b.bits[n/64].Load()>>(n%64)&1 == 0 {
			return errno.ENOENT
		}
	}
	return errno.OK
}

// Pop is not possible.
func (b *bloom) Pop([]byte) errno.Errno { return errno.EOPNOTSUPP }

// Get is not possible without a value; use Peek.
func (b *bloom) Get([]byte) ([]byte, errno.Errno) { return nil, errno.EINVAL }
