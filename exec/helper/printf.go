package helper

import (
	"fmt"
	"strconv"
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
	line, e := sprintf(c, format, args)
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
	text, e := sprintf(c, append(format, 0), args)
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

// sprintf formats as bpf_trace_printk does: the conversions of printf for
// integers, strings and characters, and some of the kernel's for pointers.
func sprintf(c *vm.CPU, format []byte, args []uint64) (string, errno.Errno) {
	if len(format) == 0 || format[len(format)-1] != 0 {
		return "", errno.EINVAL
	}
	f := formatter{cpu: c, rest: string(format[:len(format)-1]), args: args}
	f.rest, _, _ = strings.Cut(f.rest, "\x00")
	for f.rest != "" && f.err == errno.OK {
		text, spec, found := strings.Cut(f.rest, "%")
		f.out.WriteString(text)
		f.rest = spec
		if found {
			f.conversion()
		}
	}
	return f.out.String(), f.err
}

type formatter struct {
	cpu  *vm.CPU
	rest string
	args []uint64
	out  strings.Builder
	err  errno.Errno
}

func (f *formatter) next() uint64 {
	if len(f.args) == 0 {
		f.err = errno.EINVAL
		return 0
	}
	v := f.args[0]
	f.args = f.args[1:]
	return v
}

// conversion formats what follows a percent sign.
func (f *formatter) conversion() {
	flags := f.take("-+ #0")
	width := f.take("0123456789")
	size := f.take("lhzt")
	if f.rest == "" {
		f.err = errno.EINVAL
		return
	}
	verb := f.rest[0]
	f.rest = f.rest[1:]
	switch verb {
	case '%':
		f.out.WriteByte('%')
	case 'd', 'i', 'u', 'x', 'X':
		f.integer(verb, flags, width, size)
	case 'c':
		f.pad(string(byte(f.next())), flags, width)
	case 's':
		s, err := CString(f.cpu, f.next(), 1<<12)
		if err != nil {
			s = nil // the kernel leaves an empty string where it cannot read
		}
		f.pad(string(s), flags, width)
	case 'p':
		f.pointer(flags, width)
	default:
		f.err = errno.EINVAL
	}
}

func (f *formatter) take(set string) string {
	n := 0
	for n < len(f.rest) && strings.IndexByte(set, f.rest[n]) >= 0 {
		n++
	}
	s := f.rest[:n]
	f.rest = f.rest[n:]
	return s
}

func (f *formatter) integer(verb byte, flags, width, size string) {
	v := f.next()
	signed := verb == 'd' || verb == 'i'
	if !strings.Contains(size, "l") && size != "z" && size != "t" {
		if v = uint64(uint32(v)); signed {
			v = uint64(int64(int32(v)))
		}
	}
	text := ""
	switch {
	case signed:
		text = strconv.FormatInt(int64(v), 10)
	case verb == 'u':
		text = strconv.FormatUint(v, 10)
	default:
		text = strconv.FormatUint(v, 16)
		if verb == 'X' {
			text = strings.ToUpper(text)
		}
		if strings.Contains(flags, "#") {
			text = "0" + string(verb) + text
		}
	}
	f.pad(text, flags, width)
}

func (f *formatter) pointer(flags, width string) {
	if strings.HasPrefix(f.rest, "k") || strings.HasPrefix(f.rest, "x") {
		f.rest = f.rest[1:]
	}
	f.pad(fmt.Sprintf("%016x", f.next()), flags, width)
}

// pad fills up to a width.
func (f *formatter) pad(text, flags, width string) {
	n, _ := strconv.Atoi(width)
	fill := max(min(n, 256)-len(text), 0)
	switch {
	case strings.Contains(flags, "-"):
		text += strings.Repeat(" ", fill)
	case strings.Contains(flags, "0") && strings.HasPrefix(text, "-"):
		text = "-" + strings.Repeat("0", fill) + text[1:]
	case strings.Contains(flags, "0"):
		text = strings.Repeat("0", fill) + text
	default:
		text = strings.Repeat(" ", fill) + text
	}
	f.out.WriteString(text)
}
