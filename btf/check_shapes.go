package btf

import (
	"fmt"
	"strings"
)

// kindSet is a set of kinds, a bit each.
type kindSet uint32

func setOf(kinds ...Kind) (s kindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k Kind) bool { return s>>k&1 != 0 }

var (
	modifiers = setOf(KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag)
	composed  = setOf(KindStruct, KindUnion)
	// sized kinds say their size themselves.
	sized = setOf(KindInt, KindStruct, KindUnion, KindEnum, KindDatasec, KindFloat, KindEnum64)
	// sizeless kinds never have one.
	sizeless = setOf(KindVoid, KindForward, KindFunc, KindFuncProto, KindDeclTag)
	// roots may refer to types but no type may refer to them.
	roots    = setOf(KindVar, KindDeclTag, KindDatasec)
	taggable = setOf(KindFunc, KindStruct, KindUnion, KindVar, KindTypedef)
)

// details show in the log what a kind says of a type behind its name.
var details = [kindCount]func(c *checker, t *record, b *strings.Builder){
	KindInt:       showInt,
	KindPointer:   showReference,
	KindArray:     showArray,
	KindStruct:    showSize,
	KindUnion:     showSize,
	KindEnum:      showSize,
	KindForward:   showForward,
	KindTypedef:   showReference,
	KindVolatile:  showReference,
	KindConst:     showReference,
	KindRestrict:  showReference,
	KindFunc:      showReference,
	KindFuncProto: showProto,
	KindVar:       showVar,
	KindDatasec:   showSize,
	KindFloat:     showFloat,
	KindDeclTag:   showDeclTag,
	KindTypeTag:   showReference,
	KindEnum64:    showSize,
}

func showReference(_ *checker, t *record, b *strings.Builder) { fmt.Fprintf(b, "type_id=%d", t.val) }

func showFloat(_ *checker, t *record, b *strings.Builder) { fmt.Fprintf(b, "size=%d", t.val) }

func showSize(c *checker, t *record, b *strings.Builder) {
	fmt.Fprintf(b, "size=%d vlen=%d", t.val, c.vlen(t))
}

func showInt(c *checker, t *record, b *strings.Builder) {
	i := c.integer(t)
	fmt.Fprintf(b, "size=%d bits_offset=%d nr_bits=%d encoding=%s", t.val, i.offset, i.bits, encodingName(i.encoding))
}

func encodingName(encoding uint8) string {
	switch encoding {
	case 0:
		return "(none)"
	case intSigned:
		return "SIGNED"
	case intChar:
		return "CHAR"
	case intBool:
		return "BOOL"
	}
	return "UNKN"
}

func showArray(c *checker, t *record, b *strings.Builder) {
	a := c.array(t)
	fmt.Fprintf(b, "type_id=%d index_type_id=%d nr_elems=%d", a.elem, a.index, a.count)
}

func showForward(_ *checker, t *record, b *strings.Builder) {
	if t.flag() {
		b.WriteString("union")
	} else {
		b.WriteString("struct")
	}
}

func showVar(c *checker, t *record, b *strings.Builder) {
	fmt.Fprintf(b, "type_id=%d linkage=%d", t.val, c.word(t.body))
}

func showDeclTag(c *checker, t *record, b *strings.Builder) {
	fmt.Fprintf(b, "type=%d component_idx=%d", t.val, int32(c.word(t.body)))
}

func showProto(c *checker, t *record, b *strings.Builder) {
	fmt.Fprintf(b, "return=%d args=(", t.val)
	n := c.vlen(t)
	if n == 0 {
		b.WriteString("void")
	}
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		p := c.param(t, i)
		if p.typ == 0 && i == n-1 {
			b.WriteString("vararg")
			continue
		}
		fmt.Fprintf(b, "%d %s", p.typ, c.shown(p.name))
	}
	b.WriteByte(')')
}

// Encodings of integers.
const (
	intSigned = 1 << iota
	intChar
	intBool
)

// integer is what follows an INT.
type integer struct {
	encoding     uint8
	offset, bits uint32
}

func (c *checker) integer(t *record) integer {
	w := c.word(t.body)
	return integer{encoding: uint8(w >> 24 & 0xf), offset: w >> 16 & 0xff, bits: w & 0xff}
}

// regular reports whether an integer fills 1, 2, 4, 8 or 16 bytes.
func (i integer) regular() bool {
	switch i.bits {
	case 8, 16, 32, 64, 128:
		return i.offset == 0
	}
	return false
}

// array is what follows an ARRAY.
type array struct{ elem, index, count uint32 }

func (c *checker) array(t *record) array {
	return array{c.word(t.body), c.word(t.body + 4), c.word(t.body + 8)}
}

// member is a field of a struct or union.
type member struct{ name, typ, offset uint32 }

const memberLen = 12

func (c *checker) member(t *record, i uint32) member {
	at := t.body + i*memberLen
	return member{c.word(at), c.word(at + 4), c.word(at + 8)}
}

// bitOffset returns the member's offset in bits. With kind_flag the upper byte
// of the offset is the size of a bit field.
func (m *member) bitOffset(flag bool) uint32 {
	if flag {
		return m.offset & 0xffffff
	}
	return m.offset
}

// param is a parameter of a FUNC_PROTO; type 0 at the end means "...".
type param struct{ name, typ uint32 }

const paramLen = 8

func (c *checker) param(t *record, i uint32) param {
	at := t.body + i*paramLen
	return param{c.word(at), c.word(at + 4)}
}

// variable is an element of a DATASEC.
type variable struct{ typ, offset, size uint32 }

const variableLen = 12

func (c *checker) variable(t *record, i uint32) variable {
	at := t.body + i*variableLen
	return variable{c.word(at), c.word(at + 4), c.word(at + 8)}
}

func bytesOf(bits uint32) uint32 { return bits>>3 + min(bits&7, 1) }
