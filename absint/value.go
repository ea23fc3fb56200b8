package absint

import (
	"slices"
	"strings"

	"github.com/bpflint/bpflint/absint/scalar"
)

// value is what is known about a register or a spilled register. It holds no
// Go pointers, so that copying one is all there is to assignment and the
// garbage collector never looks inside.
type value struct {
	// num is the number itself, or the variable part of a pointer's offset.
	num scalar.Value

	kind  kind
	frame uint8 // kindStack: whose stack
	flags flags
	types origin // kindBTF: whose types size numbers
	link  link   // scalars: how off relates the value to others with the same id

	off  int32  // fixed part of a pointer's offset; for scalars see link
	rng  int32  // packets: bytes behind the variable part that are known to exist
	size uint32 // kindMem: bytes; kindFunc: index of the function; kindBTF: type ID
	mapi int32  // index into machine.maps, -1 for none
	uid  uint32 // tells apart the inner maps that lookups returned

	// id ties values together: copies of one scalar, pointers with the same
	// variable offset, pointers that one null check decides about.
	id  uint32
	ref uint32 // the resource that the pointer gives access to, 0 for none
}

// link says how scalars with the same id relate.
type link uint8

// Scalars with the same id are equal, or differ by the constants in off.
const (
	linkSame  link = iota
	linkAdd64      // off was added to all 64 bits
	linkAdd32      // off was added to the lower half and the upper one cleared
)

// Packet ranges that say something about the end instead of a size.
const (
	rangeAtEnd     = -1 // at the end or behind it
	rangeBeyondEnd = -2 // behind the end
)

// none is a register that may not be read.
var none = value{num: scalar.Unknown(), mapi: -1}

func scalarOf(n scalar.Value) value { return value{num: n, kind: kindScalar, mapi: -1} }

func unknown() value          { return scalarOf(scalar.Unknown()) }
func constant(v uint64) value { return scalarOf(scalar.Const(v)) }
func pointer(k kind) value    { return value{num: scalar.Const(0), kind: k, mapi: -1} }
func (v *value) name() string { return typeName(v.kind, v.flags) }

// spell names a value as messages of the target kernel do.
func (m *machine) spell(v *value) string {
	return m.typeName(v.kind, v.flags)
}

// typeName is typeName in the words of the target kernel.
func (m *machine) typeName(k kind, f flags) string {
	switch {
	case k == kindScalar && !m.num.PlainNames:
		return "inv"
	case m.rules.oldNames && k == kindBuf && f&flagReadOnly == 0:
		return "rdwr_" + typeName(k, f)
	case m.rules.oldNames:
		return typeName(k, f&^flagRingbuf)
	case m.rules.ringbufKeys:
		return typeName(k, f)
	}
	return strings.Replace(typeName(k, f), "ringbuf_", "alloc_", 1)
}

// typeNames names what is accepted in one place. In older kernels memory is just
// that, and buffers are of two types.
func (m *machine) typeNames(list []pointee, accepts func(pointee) bool) string {
	var names []string
	for _, p := range list {
		if !accepts(p) {
			continue
		}
		if m.rules.oldNames && p.kind == kindBuf {
			names = append(names, m.typeName(p.kind, p.flags|flagReadOnly))
		}
		name := m.typeName(p.kind, p.flags)
		if m.rules.oldNames && slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func (v *value) isNull() bool {
	return v.kind == kindScalar && v.num.IsConst() && v.num.Tnum.Value == 0
}
func (v *value) mayNull() bool { return v.flags&flagMaybeNull != 0 }
func (v *value) isConst() bool { return v.kind == kindScalar && v.num.IsConst() }

// unlink forgets which values a scalar is tied to.
func (v *value) unlink() { v.id, v.link, v.off = 0, linkSame, 0 }

// fitsIn32 reports whether a scalar's upper half is known to be zero.
func (v *value) fitsIn32() bool { return v.num.UMax <= 1<<32-1 }

// width returns the number of bits that a scalar may need.
func (v *value) width() int {
	n := 0
	for u := v.num.UMax; u != 0; u >>= 1 {
		n++
	}
	return n
}

// bits spells the bits of a variable offset as messages do.
func (m *machine) bits(v *value) string {
	return string(scalar.AppendTnum(nil, v.num.Tnum, m.num))
}
