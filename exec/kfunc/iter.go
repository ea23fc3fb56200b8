package kfunc

import (
	"math/bits"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Iterators live on the program's stack. That of numbers is the current one
// and the end, 4 bytes each; next returns where the current one is.

const maxNumbers = 8 << 20

func numNew(c *vm.CPU) (uint64, error) {
	it, err := c.Mem.Write(c.R[1], 8)
	if err != nil {
		return 0, err
	}
	start, end := int32(c.R[2]), int32(c.R[3])
	mem.Put(it, 0)
	switch {
	case start > end:
		return ret(errno.EINVAL)
	case int64(end)-int64(start) > maxNumbers:
		return ret(errno.E2BIG)
	}
	mem.Put(it[:4], uint64(uint32(start-1)))
	mem.Put(it[4:], uint64(uint32(end)))
	return 0, nil
}

func numNext(c *vm.CPU) (uint64, error) {
	it, err := c.Mem.Write(c.R[1], 8)
	if err != nil {
		return 0, err
	}
	// Before the first number, the current one may be below the least: it
	// wraps.
	next, end := int64(int32(mem.Get(it[:4]))+1), int64(int32(mem.Get(it[4:])))
	if next >= end {
		mem.Put(it, 0)
		return 0, nil
	}
	mem.Put(it[:4], uint64(uint32(next)))
	return c.R[1], nil
}

// That of bits is a word or the address of several, the number of bits and the
// current one.
const (
	bitsLen   = 16
	bitsCount = 8
	bitsAt    = 12
	maxWords  = 511
)

func bitsNew(c *vm.CPU) (uint64, error) {
	it, err := c.Mem.Write(c.R[1], bitsLen)
	if err != nil {
		return 0, err
	}
	clear(it)
	from, n := c.R[2], int(uint32(c.R[3]))
	switch {
	case from == 0 || n == 0:
		return ret(errno.EINVAL)
	case n > maxWords || n < 0:
		return ret(errno.E2BIG)
	}
	words, err := c.Mem.Read(from, 8*n)
	if err != nil {
		return ret(errno.EFAULT)
	}
	to := it[:8]
	if n > 1 {
		o := helper.EnvOf(c).Heap.New(8*n, nil, false)
		if o == nil {
			return ret(errno.ENOMEM)
		}
		mem.Put(it[:8], o.Addr)
		if to, err = c.Mem.Write(o.Addr, 8*n); err != nil {
			return 0, err
		}
	}
	copy(to, words)
	mem.Put(it[bitsCount:bitsAt], uint64(64*n))
	mem.Put(it[bitsAt:], 1<<32-1)
	return 0, nil
}

func bitsNext(c *vm.CPU) (uint64, error) {
	it, err := c.Mem.Write(c.R[1], bitsLen)
	if err != nil {
		return 0, err
	}
	count, at := int(mem.Get(it[bitsCount:bitsAt])), int(int32(mem.Get(it[bitsAt:])))
	if count == 0 || at >= count {
		return 0, nil
	}
	words := it[:8]
	if count > 64 {
		if words, err = c.Mem.Read(mem.Get(it[:8]), count/8); err != nil {
			return 0, err
		}
	}
	for at++; at < count; {
		if rest := mem.Get(words[at/64*8:][:8]) >> (at % 64); rest != 0 {
			at += bits.TrailingZeros64(rest)
			break
		}
		at = (at/64 + 1) * 64
	}
	mem.Put(it[bitsAt:], uint64(at))
	if at >= count {
		return 0, nil
	}
	return c.R[1] + bitsAt, nil
}

func bitsDestroy(c *vm.CPU) (uint64, error) {
	it, err := c.Mem.Read(c.R[1], bitsLen)
	if err != nil || mem.Get(it[bitsCount:bitsAt]) <= 64 {
		return 0, err
	}
	heap := helper.EnvOf(c).Heap
	if o := heap.At(mem.Get(it[:8])); o != nil {
		heap.Drop(o)
	}
	return 0, nil
}
