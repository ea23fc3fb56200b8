package absint

import (
	"strings"

	"github.com/bpflint/bpflint/internal/linux"
)

// checkSnprintf checks the format of bpf_snprintf, which is a constant, against
// the number of its arguments.
func (m *machine) checkSnprintf() bool {
	format, size := m.reg(3), m.reg(5).num.Tnum.Value
	if size%8 != 0 {
		m.failErrno("EINVAL")
		return false
	}
	var text string
	if data, at := m.maps[format.mapi].known(), int64(format.off)+int64(format.num.Tnum.Value); at < int64(len(data)) {
		text, _, _ = strings.Cut(string(data[at:]), "\x00")
	}
	if validFormat(text, size/8, m.prog.Target.Kernel.Has(linux.FuncUTF8Formats)) {
		return true
	}
	m.fail("EINVAL", "Invalid format string")
	return false
}

const (
	blanks   = "\t\n\v\f\r "
	controls = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
	marks    = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// validFormat reports whether all conversions of a format are known, and are
// not more than arguments.
func validFormat(f string, arguments uint64, utf8 bool) bool {
	if strings.ContainsAny(f, controls) || !utf8 && strings.IndexFunc(f, func(r rune) bool { return r >= 0x80 }) >= 0 {
		return false
	}
	for {
		_, rest, found := strings.Cut(f, "%")
		if !found {
			return true
		}
		if strings.HasPrefix(rest, "%") {
			f = rest[1:]
			continue
		}
		if arguments == 0 {
			return false
		}
		arguments--
		n := conversion(rest)
		if n == 0 {
			return false
		}
		f = rest[n:]
	}
}

// conversion returns the length of the conversion at the start of f, without
// its percent sign; 0 when it is not known.
func conversion(f string) int {
	rest := strings.TrimLeft(f, "0+- ")
	if rest != "" && rest[0] != '0' {
		rest = strings.TrimLeft(rest, "0123456789")
	}
	width := len(f) - len(rest)
	for _, c := range []string{"c", "i", "d", "u", "x", "X", "li", "ld", "lu", "lx", "lX", "lli", "lld", "llu", "llx", "llX",
		"pK", "px", "ps", "pS", "pB", "pi4", "pI4", "pi6", "pI6"} {
		if strings.HasPrefix(rest, c) {
			return width + len(c)
		}
	}
	for _, c := range []string{"pks", "pus", "p", "s"} {
		if after, ok := strings.CutPrefix(rest, c); ok && ends(after) {
			return width + len(c)
		}
	}
	return 0
}

// ends reports whether no word goes on at the start of f.
func ends(f string) bool { return f == "" || strings.IndexByte(blanks+marks, f[0]) >= 0 }
