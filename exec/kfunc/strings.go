package kfunc

import (
	"math"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// maxString bounds how far the string functions look.
const maxString = 65536

// text is a string in memory that may be anywhere.
type text struct {
	cpu  *vm.CPU
	addr uint64
	fold bool // upper case is lower case
}

// at reads a character.
func (t text) at(i int) (byte, errno.Errno) {
	if i >= maxString {
		return 0, errno.E2BIG
	}
	b, err := t.cpu.Mem.Read(t.addr+uint64(i), 1)
	if err != nil {
		return 0, errno.EFAULT
	}
	if c := b[0]; t.fold && c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A', errno.OK
	}
	return b[0], errno.OK
}

// outside reports whether no string of a kernel's can be at an address: it is
// user space's or null.
func outside(c *vm.CPU, addrs ...uint64) bool {
	for _, a := range addrs {
		if a>>63 == 0 && c.Mem.Info(a) == nil {
			return true
		}
		if a>>32 == 0 {
			return true
		}
	}
	return false
}

func stringCompare(c *vm.CPU) (uint64, error)     { return compare(c, false, math.MaxInt) }
func stringCompareFold(c *vm.CPU) (uint64, error) { return compare(c, true, math.MaxInt) }
func stringCompareFoldN(c *vm.CPU) (uint64, error) {
	return compare(c, true, int(min(c.R[3], math.MaxInt)))
}

// compare returns -1, 0 or 1; characters are unsigned, as everywhere in the
// kernel.
func compare(c *vm.CPU, fold bool, n int) (uint64, error) {
	if outside(c, c.R[1], c.R[2]) {
		return ret(errno.ERANGE)
	}
	a, b := text{c, c.R[1], fold}, text{c, c.R[2], fold}
	for i := range n {
		x, e := a.at(i)
		if e != errno.OK {
			return ret(e)
		}
		y, e := b.at(i)
		switch {
		case e != errno.OK:
			return ret(e)
		case x < y:
			return math.MaxUint64, nil
		case x != y:
			return 1, nil
		case x == 0:
			return 0, nil
		}
	}
	return 0, nil
}

func stringFind(c *vm.CPU) (uint64, error) { return find(c, math.MaxInt, byte(c.R[2])) }
func stringFindN(c *vm.CPU) (uint64, error) {
	return find(c, int(min(c.R[2], math.MaxInt)), byte(c.R[3]))
}

func find(c *vm.CPU, n int, want byte) (uint64, error) {
	return scan(c, n, errno.ENOENT.Ret(), func(i int, b byte) (uint64, bool) {
		if b == want {
			return uint64(i), true
		}
		return errno.ENOENT.Ret(), b == 0
	})
}

// scan asks a function about each character until it has the answer; none is
// the answer when n characters gave none.
func scan(c *vm.CPU, n int, none uint64, f func(i int, b byte) (uint64, bool)) (uint64, error) {
	if outside(c, c.R[1]) {
		return ret(errno.ERANGE)
	}
	s := text{cpu: c, addr: c.R[1]}
	for i := range n {
		b, e := s.at(i)
		if e != errno.OK {
			return ret(e)
		}
		if r, done := f(i, b); done {
			return r, nil
		}
	}
	return none, nil
}

func stringFindOrEnd(c *vm.CPU) (uint64, error) {
	want := byte(c.R[2])
	return scan(c, math.MaxInt, 0, func(i int, b byte) (uint64, bool) { return uint64(i), b == want || b == 0 })
}

func stringFindLast(c *vm.CPU) (uint64, error) {
	want, last := byte(c.R[2]), errno.ENOENT.Ret()
	return scan(c, math.MaxInt, 0, func(i int, b byte) (uint64, bool) {
		if b == want {
			last = uint64(i)
		}
		return last, b == 0
	})
}

func stringLen(c *vm.CPU) (uint64, error) { return length(c, math.MaxInt) }
func stringLenN(c *vm.CPU) (uint64, error) {
	return length(c, int(min(c.R[2], math.MaxInt)))
}

func length(c *vm.CPU, n int) (uint64, error) {
	return scan(c, n, uint64(n), func(i int, b byte) (uint64, bool) { return uint64(i), b == 0 })
}

func stringSpan(c *vm.CPU) (uint64, error)    { return span(c, true) }
func stringSpanNot(c *vm.CPU) (uint64, error) { return span(c, false) }

// span counts the characters at the start that are in a set, or are not.
func span(c *vm.CPU, in bool) (uint64, error) {
	if outside(c, c.R[1], c.R[2]) {
		return ret(errno.ERANGE)
	}
	set, bad := text{cpu: c, addr: c.R[2]}, errno.OK
	n, err := scan(c, math.MaxInt, 0, func(i int, b byte) (uint64, bool) {
		if b == 0 {
			return uint64(i), true
		}
		member, e := contains(set, b)
		if e != errno.OK {
			bad = e
		}
		return uint64(i), e != errno.OK || member != in
	})
	if bad != errno.OK {
		return ret(bad)
	}
	return n, err
}

func contains(set text, b byte) (bool, errno.Errno) {
	for i := 0; ; i++ {
		x, e := set.at(i)
		if e != errno.OK || x == b || x == 0 {
			return x == b, e
		}
	}
}

func stringIndex(c *vm.CPU) (uint64, error)     { return index(c, maxString, false) }
func stringIndexFold(c *vm.CPU) (uint64, error) { return index(c, maxString, true) }
func stringIndexN(c *vm.CPU) (uint64, error) {
	return index(c, int(min(c.R[3], math.MaxInt)), false)
}
func stringIndexFoldN(c *vm.CPU) (uint64, error) {
	return index(c, int(min(c.R[3], math.MaxInt)), true)
}

// index finds a string within the first n characters of another.
func index(c *vm.CPU, n int, fold bool) (uint64, error) {
	if outside(c, c.R[1], c.R[2]) {
		return ret(errno.ERANGE)
	}
	hay, needle := text{c, c.R[1], fold}, text{c, c.R[2], fold}
	for i := range maxString {
		for j := 0; ; j++ {
			want, e := needle.at(j)
			switch {
			case e != errno.OK:
				return ret(e)
			case want == 0:
				return uint64(i), nil
			case i+j >= n:
				return ret(errno.ENOENT)
			}
			have, e := hay.at(i + j)
			if e != errno.OK {
				return ret(e)
			}
			if have == 0 {
				return ret(errno.ENOENT)
			}
			if have != want {
				break
			}
		}
	}
	return ret(errno.E2BIG)
}
