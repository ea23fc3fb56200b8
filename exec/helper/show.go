package helper

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/mem"
)

// Flags of bpf_snprintf_btf and bpf_seq_printf_btf.
const (
	showCompact = 1 << 0
	showNoName  = 1 << 1
	showRaw     = 1 << 2 // addresses, which are shown as they are here anyway
	showZero    = 1 << 3
	showKnown   = 1<<4 - 1
)

// shower writes values by their types as Linux does, with its peculiarities:
// nothing below an element of an array has a name or an opening bracket, and an
// array of bytes ends at its first zero.
type shower struct {
	out     strings.Builder
	flags   uint64
	depth   int
	member  string
	element bool // below an element of an array
}

// maxShown bounds types that contain each other, which hostile BTF may have.
const maxShown = 32

// show returns the text of a value.
func show(b []byte, t btf.Type, flags uint64) string {
	s := &shower{flags: flags}
	s.value(b, t)
	return s.out.String()
}

func (s *shower) compact() bool { return s.flags&showCompact != 0 }

func (s *shower) newline() {
	if !s.compact() {
		s.out.WriteByte('\n')
	}
}

func (s *shower) indent() {
	if !s.compact() {
		s.out.WriteString(strings.Repeat(" ", s.depth))
	}
}

// end closes a value: with a comma inside of another.
func (s *shower) end() {
	if s.depth > 0 {
		s.out.WriteByte(',')
	}
	s.newline()
}

// name writes what is before a value: its member's name, its type, and the
// bracket that opens it.
func (s *shower) name(t btf.Type, bracket string) {
	member := s.member
	s.member = ""
	switch {
	case s.element:
	case s.flags&showNoName != 0:
		s.out.WriteString(bracket)
	default:
		if member != "" {
			fmt.Fprintf(&s.out, ".%s = ", member)
		}
		fmt.Fprintf(&s.out, "(%s)%s", shownType(t), bracket)
	}
}

// shownType is a type as C would write it, as far as Linux does: what has no name
// is not described.
func shownType(t btf.Type) string {
	name, suffix := "", ""
	for {
		switch x := t.(type) {
		case *btf.Typedef:
			if name == "" {
				name = x.Name
			}
			t = x.Type
		case *btf.Pointer:
			suffix += "*"
			t = x.Target
		case *btf.Array:
			suffix += "[]"
			t = x.Type
		case *btf.Const:
			t = x.Type
		case *btf.Volatile:
			t = x.Type
		case *btf.Restrict:
			t = x.Type
		case *btf.TypeTag:
			t = x.Type
		default:
			if name == "" {
				name = strings.TrimSpace(shownPrefix(t) + " " + shownName(t))
			}
			if strings.HasPrefix(suffix, "*") {
				suffix = " " + suffix
			}
			return name + suffix
		}
	}
}

func shownPrefix(t btf.Type) string {
	switch t := t.(type) {
	case *btf.Struct:
		return "struct"
	case *btf.Union:
		return "union"
	case *btf.Enum:
		return "enum"
	case *btf.Fwd:
		if t.Kind == btf.FwdUnion {
			return "union"
		}
		return "struct"
	}
	return ""
}

func shownName(t btf.Type) string {
	switch t.(type) {
	case *btf.FuncProto, *btf.Void:
		return ""
	}
	return t.TypeName()
}

// shown reports whether there is something to show without the zeros.
func (s *shower) shown(b []byte, t btf.Type) bool {
	if s.flags&showZero != 0 {
		return true
	}
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		return s.anyMember(b, t.Members)
	case *btf.Union:
		return s.anyMember(b, t.Members)
	case *btf.Array:
		size, err := btf.Sizeof(t.Type)
		if err != nil || size == 0 {
			return false
		}
		if size == 1 {
			return t.Nelems > 0 && b[0] != 0
		}
		for i := range int(t.Nelems) {
			if s.shown(b[i*size:][:size], t.Type) {
				return true
			}
		}
		return false
	}
	return strings.Trim(string(b), "\x00") != ""
}

func (s *shower) anyMember(b []byte, members []btf.Member) bool {
	for _, m := range members {
		if m.BitfieldSize > 0 {
			if bitfield(b, m) != 0 {
				return true
			}
		} else if part := memberBytes(b, m); part != nil && s.shown(part, m.Type) {
			return true
		}
	}
	return false
}

// memberBytes are those of a member, nil when it has no size.
func memberBytes(b []byte, m btf.Member) []byte {
	size, err := btf.Sizeof(m.Type)
	off := int(m.Offset.Bytes())
	if err != nil || off+size > len(b) {
		return nil
	}
	return b[off:][:size]
}

func bitfield(b []byte, m btf.Member) (v uint64) {
	for i := range m.BitfieldSize {
		bit := m.Offset + i
		if at := int(bit / 8); at < len(b) && b[at]>>(bit%8)&1 != 0 {
			v |= 1 << i
		}
	}
	return v
}

func (s *shower) value(b []byte, t btf.Type) {
	if s.depth > maxShown {
		return
	}
	switch x := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		s.aggregate(b, t, x.Members)
	case *btf.Union:
		s.aggregate(b, t, x.Members)
	case *btf.Array:
		s.array(b, t, x)
	default:
		s.scalar(t, number(b, x))
	}
}

func (s *shower) scalar(t btf.Type, text string) {
	s.indent()
	s.name(t, "")
	s.out.WriteString(text)
	s.end()
}

func (s *shower) open(t btf.Type, bracket string) {
	s.indent()
	s.name(t, bracket)
	s.newline()
	s.depth++
}

func (s *shower) closing(bracket string) {
	s.depth--
	s.indent()
	s.out.WriteString(bracket)
	s.end()
}

func (s *shower) aggregate(b []byte, t btf.Type, members []btf.Member) {
	s.open(t, "{")
	for _, m := range members {
		s.member = m.Name
		if m.BitfieldSize > 0 {
			if v := bitfield(b, m); v != 0 || s.flags&showZero != 0 {
				s.scalar(m.Type, fmt.Sprintf("0x%x", v))
			}
		} else if part := memberBytes(b, m); part != nil && s.shown(part, m.Type) {
			s.value(part, m.Type)
		}
	}
	s.member = ""
	s.closing("}")
}

func (s *shower) array(b []byte, t btf.Type, x *btf.Array) {
	size, err := btf.Sizeof(x.Type)
	s.open(t, "[")
	for i := 0; err == nil && i < int(x.Nelems) && (i+1)*size <= len(b); i++ {
		part := b[i*size:][:size]
		if size == 1 && part[0] == 0 {
			break
		}
		s.element = true
		switch {
		case size == 1 && part[0] >= ' ' && part[0] < 0x7f:
			s.scalar(x.Type, fmt.Sprintf("'%c'", part[0]))
		case s.shown(part, x.Type):
			s.value(part, x.Type)
		}
	}
	s.element = false
	s.closing("]")
}

// number is the text of a value without members.
func number(b []byte, t btf.Type) string {
	switch t := t.(type) {
	case *btf.Pointer:
		return fmt.Sprintf("0x%016x", mem.Get(b))
	case *btf.Enum:
		return enumerator(mem.Get(b[:min(len(b), 8)]), t)
	case *btf.Int:
		return integer(b, t.Encoding == btf.Signed)
	}
	return integer(b, false)
}

func enumerator(v uint64, t *btf.Enum) string {
	for _, e := range t.Values {
		if e.Value&(1<<(8*t.Size)-1) == v || t.Size == 8 && e.Value == v {
			return e.Name
		}
	}
	if t.Size == 8 && !t.Signed {
		return fmt.Sprint(v)
	}
	return fmt.Sprint(signed(v, int(t.Size)))
}

func signed(v uint64, size int) int64 {
	shift := 64 - 8*size
	return int64(v<<shift) >> shift
}

func integer(b []byte, isSigned bool) string {
	const wide = 16
	switch {
	case len(b) == wide && mem.Get(b[8:]) != 0:
		return fmt.Sprintf("0x%x%016x", mem.Get(b[8:]), mem.Get(b[:8]))
	case len(b) == wide:
		return fmt.Sprintf("0x%x", mem.Get(b[:8]))
	case isSigned:
		return fmt.Sprint(signed(mem.Get(b), len(b)))
	}
	return fmt.Sprint(mem.Get(b))
}
