package helper

import (
	"encoding/binary"
	"math/bits"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// Checksums are ones' complement sums (RFC 1071), kept in 32 bits while they
// are added up; all numbers are in the order in which they lie in memory.

// add adds with the carry going round.
func add(a, b uint32) uint32 {
	s := uint64(a) + uint64(b)
	return uint32(s) + uint32(s>>32)
}

// fold makes 16 bits of a sum and complements them.
func fold(sum uint32) uint16 {
	sum = sum&0xffff + sum>>16
	sum = sum&0xffff + sum>>16
	return ^uint16(sum)
}

// sum adds up bytes, 8 at a time with the carry going round, as Linux does.
// Other ways give the same number, but not the same of its two zeros.
func sum(b []byte, seed uint32) uint32 {
	s := uint64(seed)
	for len(b) > 0 {
		var word [8]byte
		n := copy(word[:], b)
		b = b[n:]
		var carry uint64
		s, carry = bits.Add64(s, binary.LittleEndian.Uint64(word[:]), 0)
		s += carry
	}
	return add(uint32(s>>32), uint32(s))
}

// csumDiff returns the sum of what is added to a packet minus what is taken
// away. Sizes need not be multiples of 4, as in Linux 6.18; older kernels want
// that.
func csumDiff(c *vm.CPU) (uint64, error) {
	fromSize, toSize := uint64(uint32(c.R[2])), uint64(uint32(c.R[4]))
	from, err := Bytes(c, 1, fromSize)
	if err != nil {
		return 0, err
	}
	to, err := Bytes(c, 3, toSize)
	if err != nil {
		return 0, err
	}
	s, seed := uint32(0), uint32(c.R[5])
	switch {
	case fromSize > 0 && toSize > 0:
		s = add(sum(to, seed), ^sum(from, 0))
	case fromSize > 0:
		s = ^sum(from, ^seed)
	default:
		s = sum(to, seed)
	}
	// Folded, as since Linux 6.13 on all machines.
	s = s&0xffff + s>>16
	s = s&0xffff + s>>16
	return uint64(s), nil
}

// Flags of the helpers that replace a part of a checksum.
const (
	sizeMask   = 0xf
	pseudo     = 1 << 4
	mangled0   = 1 << 5 // a checksum of 0 means none
	enforce    = 1 << 6
	ipv6Pseudo = 1 << 7
)

// replace updates a checksum for a change from one value to another. Sums of
// 32 bits complement the old one as 32 bits, so that they never are zero.
func replace(field []byte, size uint64, from, to uint32) errno.Errno {
	old := ^uint32(get16(field))
	switch size {
	case 0:
		if from != 0 {
			return errno.EINVAL
		}
		put16(field, fold(add(old, to)))
	case 2:
		put16(field, fold(add(add(old&0xffff, uint32(^uint16(from))), uint32(uint16(to)))))
	case 4:
		put16(field, fold(add(add(old, ^from), to)))
	default:
		return errno.EINVAL
	}
	return errno.OK
}

func l3Replace(c *vm.CPU) (uint64, error) {
	return replaceAt(c, sizeMask, func(field []byte, flags uint64) errno.Errno {
		return replace(field, flags&sizeMask, uint32(c.R[3]), uint32(c.R[4]))
	})
}

func l4Replace(c *vm.CPU) (uint64, error) {
	return replaceAt(c, sizeMask|pseudo|mangled0|enforce|ipv6Pseudo, func(field []byte, flags uint64) errno.Errno {
		if flags&mangled0 != 0 && flags&enforce == 0 && get16(field) == 0 {
			return errno.OK
		}
		e := replace(field, flags&sizeMask, uint32(c.R[3]), uint32(c.R[4]))
		if e == errno.OK && flags&mangled0 != 0 && get16(field) == 0 {
			put16(field, 0xffff)
		}
		return e
	})
}

// replaceAt finds the checksum that R2 says.
func replaceAt(c *vm.CPU, known uint64, change func(field []byte, flags uint64) errno.Errno) (uint64, error) {
	off, flags := uint64(uint32(c.R[2])), c.R[5]
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	if flags&^known != 0 {
		return errno.EINVAL.Ret(), nil
	}
	field := p.At(off, 2)
	if off > maxOffset || off%2 != 0 || field == nil {
		return errno.EFAULT.Ret(), nil
	}
	return ret(change(field, flags))
}
