package helper

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// sprintf formats as bpf_trace_printk does: the conversions of printf for
// integers, strings and characters, and some of the kernel's for pointers. Room is
// how long the buffer is.
//
// What a pointer points to adds to the length only as long as there is room. Linux
// then takes later arguments from the wrong place, which is not simulated.
func sprintf(c *vm.CPU, format []byte, args []uint64, room int) (string, errno.Errno) {
	if len(format) == 0 || format[len(format)-1] != 0 {
		return "", errno.EINVAL
	}
	f := formatter{cpu: c, rest: string(format[:len(format)-1]), args: args, room: room}
	f.rest, _, _ = strings.Cut(f.rest, "\x00")
	if strings.ContainsFunc(f.rest, func(r rune) bool { return r > '~' || r < ' ' && (r < '\t' || r > '\r') }) {
		return "", errno.EINVAL
	}
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
	room int
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
	if strings.HasPrefix(f.rest, "%") {
		f.rest = f.rest[1:]
		f.out.WriteByte('%')
		return
	}
	flags := f.take("-+ 0")
	width := f.take("0123456789")
	long := f.one("l")
	f.one("l") // long long is as long
	verb := f.one("diuxXcsp")
	switch {
	case verb == 0 || long != 0 && strings.IndexByte("csp", verb) >= 0:
		f.err = errno.EINVAL
	case verb == 'c':
		f.spaces(string([]byte{byte(f.next())}), flags, width)
	case verb == 's':
		f.spaces(f.text(), flags, width)
	case verb == 'p':
		f.pointer(flags, width)
		// Letters that follow are taken for more of the conversion.
		f.take("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	default:
		f.integer(verb, flags, width, long != 0)
	}
}

// one takes a letter of a set, 0 when the next is none of it.
func (f *formatter) one(set string) byte {
	if f.rest == "" || strings.IndexByte(set, f.rest[0]) < 0 {
		return 0
	}
	b := f.rest[0]
	f.rest = f.rest[1:]
	return b
}

// text reads a string in memory; the kernel has an empty one where it cannot read.
func (f *formatter) text() string {
	s, err := CString(f.cpu, f.next(), 1<<12)
	if err != nil {
		return ""
	}
	return string(s)
}

// found writes what was found at an address, if there is room.
func (f *formatter) found(text string) {
	if f.out.Len() < f.room {
		f.out.WriteString(text)
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

func (f *formatter) integer(verb byte, flags, width string, long bool) {
	v := f.next()
	signed := verb == 'd' || verb == 'i'
	if !long {
		if v = uint64(uint32(v)); signed {
			v = uint64(int64(int32(v)))
		}
	}
	sign := ""
	if signed {
		switch {
		case int64(v) < 0:
			sign, v = "-", -v
		case strings.Contains(flags, "+"):
			sign = "+"
		case strings.Contains(flags, " "):
			sign = " "
		}
	}
	base := 10
	if verb|0x20 == 'x' {
		base = 16
	}
	text := strconv.FormatUint(v, base)
	if verb == 'X' {
		text = strings.ToUpper(text)
	}
	if strings.Contains(flags, "0") && !strings.Contains(flags, "-") {
		text = strings.Repeat("0", fill(len(sign)+len(text), width)) + text
	}
	f.spaces(sign+text, flags, width)
}

// pointer formats an address, or what it points to, which has no width.
func (f *formatter) pointer(flags, width string) {
	switch kind := f.one("kuxKIisSB"); kind {
	case 'k', 'u':
		if f.one("s") == 0 {
			f.err = errno.EINVAL
			return
		}
		f.found(f.text())
	case 'I', 'i':
		f.internet(kind == 'I')
	case 's', 'S', 'B': // symbols, of which none is known
		f.found(fmt.Sprintf("%#x", f.next()))
	case 0:
		if f.rest != "" && (f.rest[0]|0x20 >= 'a' && f.rest[0]|0x20 <= 'z' || f.rest[0] >= '0' && f.rest[0] <= '9') {
			f.err = errno.EINVAL
			return
		}
		fallthrough
	default:
		f.spaces(fmt.Sprintf("%016x", f.next()), flags, width)
	}
}

// internet formats an address of the internet in memory, with the marks between its
// parts or without; the kernel has zeros where it cannot read.
func (f *formatter) internet(marks bool) {
	version := f.one("46")
	var ip [16]byte
	n := 4
	switch version {
	case 0:
		f.err = errno.EINVAL
		return
	case '6':
		n = len(ip)
	}
	if b, err := f.cpu.Mem.Read(f.next(), n); err == nil {
		copy(ip[:], b)
	}
	text := ""
	switch {
	case version == '6':
		if text = netip.AddrFrom16(ip).StringExpanded(); !marks {
			text = fmt.Sprintf("%x", ip)
		}
	case marks:
		text = netip.AddrFrom4([4]byte(ip[:])).String()
	default:
		text = fmt.Sprintf("%03d.%03d.%03d.%03d", ip[0], ip[1], ip[2], ip[3])
	}
	f.found(text)
}

// maxWidth bounds what a width adds.
const maxWidth = 1 << 16

// fill is how many characters are missing for a width.
func fill(n int, width string) int {
	w, err := strconv.Atoi(width)
	if err != nil && width != "" {
		w = maxWidth
	}
	return max(min(w, maxWidth)-n, 0)
}

// spaces writes a text with spaces around up to a width.
func (f *formatter) spaces(text, flags, width string) {
	blank := strings.Repeat(" ", fill(len(text), width))
	if strings.Contains(flags, "-") {
		text += blank
	} else {
		text = blank + text
	}
	f.out.WriteString(text)
}
