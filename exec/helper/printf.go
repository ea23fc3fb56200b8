package helper

import (
	"strings"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

func tracePrintk(c *vm.CPU) (uint64, error) {
	format, err := Bytes(c, 1, uint64(uint32(c.R[2])))
	if err != nil {
		return 0, err
	}
	return trace(c, format, c.R[3:6])
}

func traceVprintk(c *vm.CPU) (uint64, error) {
	format, err := Bytes(c, 1, uint64(uint32(c.R[2])))
	if err != nil {
		return 0, err
	}
	args, e, err := argsOf(c, 3, c.R[4])
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	return trace(c, format, args)
}

// PrintStream prints what a program writes to its stream R1, as a line of
// bpf_trace_printk. The format in R2 ends with a zero, R3 are the arguments and R4
// is their size.
func PrintStream(c *vm.CPU) (uint64, error) {
	const stdout, stderr = 1, 2
	if id := uint32(c.R[1]); id != stdout && id != stderr {
		return ret(errno.ENOENT)
	}
	format, err := CString(c, c.R[2], 1<<16)
	if err != nil {
		return 0, err
	}
	args, e, err := argsOf(c, 3, uint64(uint32(c.R[4])))
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	r0, err := trace(c, append(format, 0), args)
	if int64(r0) > 0 {
		r0 = 0
	}
	return r0, err
}

// trace prints a line and returns its length.
func trace(c *vm.CPU, format []byte, args []uint64) (uint64, error) {
	const lineLen = 1024
	line, e := sprintf(c, format, args, lineLen)
	if e != errno.OK {
		return e.Ret(), nil
	}
	if f := EnvOf(c).Trace; f != nil {
		f(strings.TrimSuffix(line, "\n"))
	}
	return uint64(len(line)), nil
}

// snprintf returns the length of the whole text with its end, of which as much
// is written as fits.
func snprintf(c *vm.CPU) (uint64, error) {
	dst, err := Buffer(c, 1, uint64(uint32(c.R[2])))
	if err != nil {
		return 0, err
	}
	format, err := CString(c, c.R[3], 1<<16)
	if err != nil {
		return 0, err
	}
	args, e, err := argsOf(c, 4, c.R[5])
	if e != errno.OK || err != nil {
		return e.Ret(), err
	}
	text, e := sprintf(c, append(format, 0), args, len(dst))
	if e != errno.OK {
		return e.Ret(), nil
	}
	if len(dst) > 0 {
		dst[copy(dst[:len(dst)-1], text)] = 0
	}
	return uint64(len(text) + 1), nil
}

// argsOf reads the array of arguments that a register points to.
func argsOf(c *vm.CPU, reg int, size uint64) ([]uint64, errno.Errno, error) {
	const most = 12
	if size%8 != 0 || size > 8*most {
		return nil, errno.EINVAL, nil
	}
	b, err := Bytes(c, reg, size)
	if err != nil {
		return nil, 0, err
	}
	args := make([]uint64, len(b)/8)
	for i := range args {
		args[i] = mem.Get(b[8*i : 8*i+8])
	}
	return args, errno.OK, nil
}
