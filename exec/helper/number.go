package helper

import (
	"math/bits"

	"github.com/bpflint/bpflint/exec/errno"
)

// scanNumber reads a number in a base, 0 meaning the one that its prefix
// tells, and returns how many characters it took.
func scanNumber(buf []byte, flags uint64, signed bool) (value uint64, consumed int, e errno.Errno) {
	const baseMask = 0x1f
	base := flags & baseMask
	if len(buf) == 0 || flags&^baseMask != 0 || base != 0 && base != 8 && base != 10 && base != 16 {
		return 0, 0, errno.EINVAL
	}
	i := 0
	for i < len(buf) && isSpace(buf[i]) {
		i++
	}
	negative := i < len(buf) && buf[i] == '-'
	if negative {
		i++
	}
	base, i = detectBase(buf, i, base)
	value, n, e := digits(buf[i:], base)
	switch {
	case e != errno.OK:
		return 0, 0, e
	case n == 0, negative && !signed:
		return 0, 0, errno.EINVAL
	case signed && negative && value > 1<<63, signed && !negative && value > 1<<63-1:
		return 0, 0, errno.ERANGE
	case negative:
		value = -value
	}
	return value, i + n, errno.OK
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' || b == 0xa0 }

// detectBase looks at the prefix of a number and skips that of a hexadecimal
// one.
func detectBase(buf []byte, i int, base uint64) (uint64, int) {
	zero := i < len(buf) && buf[i] == '0'
	x := zero && i+1 < len(buf) && buf[i+1]|0x20 == 'x'
	if base == 0 {
		switch {
		case x && i+2 < len(buf) && digit(buf[i+2]) < 16:
			base = 16
		case zero:
			base = 8
		default:
			base = 10
		}
	}
	if base == 16 && x {
		i += 2
	}
	return base, i
}

func digit(b byte) uint64 {
	switch c := b | 0x20; {
	case b >= '0' && b <= '9':
		return uint64(b - '0')
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10
	}
	return 99
}

func digits(buf []byte, base uint64) (value uint64, n int, e errno.Errno) {
	for _, b := range buf {
		d := digit(b)
		if d >= base {
			break
		}
		hi, lo := bits.Mul64(value, base)
		sum, carry := bits.Add64(lo, d, 0)
		if hi != 0 || carry != 0 {
			return 0, 0, errno.ERANGE
		}
		value = sum
		n++
	}
	return value, n, errno.OK
}
