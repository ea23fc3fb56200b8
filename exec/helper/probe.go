package helper

import (
	"bytes"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// probeRead copies from an address that may be bad: then the buffer is zeroed
// and EFAULT returned.
func probeRead(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	dst, err := Buffer(c, 1, n)
	if err != nil {
		return 0, err
	}
	src, err := Bytes(c, 3, n)
	if err != nil {
		clear(dst)
		return ret(badAddress(c, c.R[3]))
	}
	copy(dst, src)
	return 0, nil
}

// probeReadKernel and probeReadKernelString look only at the kernel's memory,
// where they tell what is not there from what cannot be there.
func probeReadKernel(c *vm.CPU) (uint64, error) { return probeKernel(c, probeRead) }

func probeReadKernelString(c *vm.CPU) (uint64, error) { return probeKernel(c, probeReadString) }

func probeKernel(c *vm.CPU, read vm.Func) (uint64, error) {
	r0, err := read(c)
	if r0 == errno.EFAULT.Ret() {
		r0 = badKernelAddress(c, c.R[3]).Ret()
	}
	return r0, err
}

// badKernelAddress is the error of an address where the kernel has nothing.
func badKernelAddress(c *vm.CPU, addr uint64) errno.Errno {
	if addr < userEnd && c.Mem.Info(addr) == nil {
		return errno.ERANGE
	}
	return badAddress(c, addr)
}

// userEnd is where addresses of user space end on x86-64, with a page more.
const userEnd = 1 << 47

// badAddress is the error of an address where nothing is: some are no addresses
// at all, neither of user space nor of the kernel.
func badAddress(c *vm.CPU, addr uint64) errno.Errno {
	if addr >= userEnd && addr < 1<<64-1<<47 && c.Mem.Info(addr) == nil {
		return errno.ERANGE
	}
	return errno.EFAULT
}

// probeReadString copies a string with its end, cut to the buffer's size, and
// returns how many bytes that were.
func probeReadString(c *vm.CPU) (uint64, error) {
	n := int(uint32(c.R[2]))
	dst, err := Buffer(c, 1, uint64(n))
	if err != nil || n == 0 {
		return 0, err
	}
	for i := range n {
		b, err := c.Mem.Read(c.R[3]+uint64(i), 1)
		if err != nil {
			clear(dst)
			return ret(badAddress(c, c.R[3]))
		}
		if dst[i] = b[0]; b[0] == 0 {
			clear(dst[i:])
			return uint64(i + 1), nil
		}
	}
	dst[n-1] = 0
	return uint64(n), nil
}

// CString reads a string up to its end or n bytes.
func CString(c *vm.CPU, addr uint64, n int) ([]byte, error) {
	var s []byte
	for i := range n {
		b, err := c.Mem.Read(addr+uint64(i), 1)
		if err != nil {
			return nil, err
		}
		if b[0] == 0 {
			break
		}
		s = append(s, b[0])
	}
	return s, nil
}

// strncmp compares a buffer with a constant string.
func strncmp(c *vm.CPU) (uint64, error) {
	n := uint64(uint32(c.R[2]))
	a, err := Bytes(c, 1, n)
	if err != nil {
		return 0, err
	}
	if i := bytes.IndexByte(a, 0); i >= 0 {
		a = a[:i]
	}
	b, err := CString(c, c.R[3], int(n))
	if err != nil {
		return 0, err
	}
	return uint64(int64(bytes.Compare(a, b))), nil
}

// strtol and strtoul read a number at the start of a buffer and return how
// many characters it took.
func strtol(c *vm.CPU) (uint64, error)  { return parseNumber(c, true) }
func strtoul(c *vm.CPU) (uint64, error) { return parseNumber(c, false) }

func parseNumber(c *vm.CPU, signed bool) (uint64, error) {
	buf, err := Bytes(c, 1, c.R[2])
	if err != nil {
		return 0, err
	}
	out, err := Buffer(c, 4, 8)
	if err != nil {
		return 0, err
	}
	clear(out)
	n, consumed, e := scanNumber(buf, c.R[3], signed)
	if e != errno.OK {
		return e.Ret(), nil
	}
	for i := range out {
		out[i] = byte(n >> (8 * i))
	}
	return uint64(consumed), nil
}
