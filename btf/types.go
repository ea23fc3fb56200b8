package btf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ID numbers the types of a BTF; 0 is void.
type ID uint32

// Kind is the kind of a type, with the numbers of BTF.
type Kind uint8

// Kinds of types.
const (
	KindVoid Kind = iota
	KindInt
	KindPointer
	KindArray
	KindStruct
	KindUnion
	KindEnum
	KindForward
	KindTypedef
	KindVolatile
	KindConst
	KindRestrict
	KindFunc
	KindFuncProto
	KindVar
	KindDatasec
	KindFloat
	KindDeclTag
	KindTypeTag
	KindEnum64
	kindCount
)

// kindNames are the words of the kernel's messages.
var kindNames = [kindCount]string{
	"UNKNOWN", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF", "VOLATILE", "CONST",
	"RESTRICT", "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT", "DECL_TAG", "TYPE_TAG", "ENUM64",
}

// String returns the kind's name in the kernel's messages.
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// entry describes what follows the 12 bytes that all types begin with: some
// bytes, and some more for each of the type's items.
type entry struct{ fixed, each uint32 }

var entries = [kindCount]entry{
	KindInt: {4, 0}, KindArray: {12, 0}, KindStruct: {0, 12}, KindUnion: {0, 12}, KindEnum: {0, 8},
	KindFuncProto: {0, 8}, KindVar: {4, 0}, KindDatasec: {0, 12}, KindDeclTag: {4, 0}, KindEnum64: {0, 12},
}

// Types is a view of a BTF blob that decodes nothing ahead: queries read the
// blob itself, so that the first one on a kernel's types costs as little as the
// last. It is immutable and may be used by several goroutines.
//
// A blob that passed Open can be queried without a panic. Its references may
// still be wrong; queries then find nothing.
type Types struct {
	order   binary.ByteOrder
	little  bool
	types   []byte
	strings []byte
	offsets []uint32 // of types in types; by ID from first on
	first   ID       // of the types that base does not have
	base    *Types
	names   nameCache
}

const (
	headerSize = 24
	typeSize   = 12
	magic      = 0xeb9f
)

var errTruncated = errors.New("BTF is truncated")

// Open makes a view of a BTF blob, which must not change any more.
func Open(blob []byte) (*Types, error) { return open(blob, nil) }

// OpenSplit makes a view of a blob, such as a kernel module's, whose types and
// strings go on from those of base.
func OpenSplit(blob []byte, base *Types) (*Types, error) { return open(blob, base) }

func open(blob []byte, base *Types) (*Types, error) {
	if len(blob) < headerSize {
		return nil, errTruncated
	}
	t := &Types{base: base, order: binary.LittleEndian}
	if binary.BigEndian.Uint16(blob) == magic {
		t.order = binary.BigEndian
	} else if binary.LittleEndian.Uint16(blob) != magic {
		return nil, errors.New("BTF has no magic number")
	}
	t.little = t.order == binary.ByteOrder(binary.LittleEndian)
	header := uint64(t.order.Uint32(blob[4:]))
	section := func(at int) ([]byte, error) {
		start := header + uint64(t.order.Uint32(blob[at:]))
		end := start + uint64(t.order.Uint32(blob[at+4:]))
		if end > uint64(len(blob)) {
			return nil, errTruncated
		}
		return blob[start:end], nil
	}
	var err error
	if t.types, err = section(8); err != nil {
		return nil, err
	}
	if t.strings, err = section(16); err != nil {
		return nil, err
	}
	if n := len(t.strings); n > 0 && t.strings[n-1] != 0 {
		return nil, errors.New("BTF's strings do not end with a zero")
	}
	t.first = 1
	if base != nil {
		t.first = base.first + ID(len(base.offsets))
	}
	return t, t.index()
}

// index notes where the types begin.
func (t *Types) index() error {
	t.offsets = make([]uint32, 0, len(t.types)/20)
	for at := uint64(0); at < uint64(len(t.types)); {
		if at+typeSize > uint64(len(t.types)) {
			return errTruncated
		}
		info := t.u32(t.types, uint32(at)+4)
		k := Kind(info >> 24 & 0x1f)
		if k == KindVoid || k >= kindCount {
			return fmt.Errorf("BTF has a type of unknown kind %d", uint8(k))
		}
		t.offsets = append(t.offsets, uint32(at))
		e := entries[k]
		at += typeSize + uint64(e.fixed) + uint64(info&0xffff)*uint64(e.each)
		if at > uint64(len(t.types)) {
			return errTruncated
		}
	}
	return nil
}

func (t *Types) u32(b []byte, at uint32) uint32 {
	if t.little {
		return binary.LittleEndian.Uint32(b[at:])
	}
	return binary.BigEndian.Uint32(b[at:])
}

// Len returns one more than the greatest ID.
func (t *Types) Len() int { return int(t.first) + len(t.offsets) }

// raw is a type where it stands in the blob.
type raw struct {
	*Types
	at   uint32
	info uint32
}

// raw finds a type; void for IDs that do not exist.
func (t *Types) raw(id ID) raw {
	for id < t.first {
		if t.base == nil {
			return raw{}
		}
		t = t.base
	}
	i := id - t.first
	if int(i) >= len(t.offsets) {
		return raw{}
	}
	at := t.offsets[i]
	return raw{t, at, t.u32(t.types, at+4)}
}

func (r raw) kind() Kind   { return Kind(r.info >> 24 & 0x1f) }
func (r raw) count() int   { return int(r.info & 0xffff) }
func (r raw) flag() bool   { return r.info>>31 != 0 }
func (r raw) isVoid() bool { return r.Types == nil }

// word returns the n-th 32-bit word of a type.
func (r raw) word(n int) uint32 { return r.u32(r.types, r.at+4*uint32(n)) }

// sizeOrType is the third word of a type, whose meaning depends on the kind.
func (r raw) sizeOrType() uint32 { return r.word(2) }

func (r raw) name() string { return r.str(r.word(0)) }

// str returns the string at an offset, empty for one that is outside.
func (t *Types) str(off uint32) string { return string(t.strBytes(off)) }

func (t *Types) strBytes(off uint32) []byte {
	if t.base != nil {
		if n := uint32(len(t.base.strings)); off < n {
			return t.base.strBytes(off)
		} else {
			off -= n
		}
	}
	if off >= uint32(len(t.strings)) {
		return nil
	}
	s := t.strings[off:]
	for i, c := range s {
		if c == 0 {
			return s[:i]
		}
	}
	return nil
}

// Kind returns the kind of a type, KindVoid for one that does not exist.
func (t *Types) Kind(id ID) Kind { return t.raw(id).kind() }

// Name returns the name of a type, empty when it has none.
func (t *Types) Name(id ID) string {
	r := t.raw(id)
	if r.isVoid() {
		return ""
	}
	return r.name()
}

// Elem returns the type that a pointer, qualifier, typedef, tag, function or
// variable is about, that of an array's elements, and what a prototype returns;
// 0 for other kinds.
func (t *Types) Elem(id ID) ID {
	r := t.raw(id)
	switch r.kind() {
	case KindPointer, KindTypedef, KindVolatile, KindConst, KindRestrict, KindFunc, KindFuncProto, KindVar,
		KindDeclTag, KindTypeTag:
		return ID(r.sizeOrType())
	case KindArray:
		return ID(r.word(3))
	}
	return 0
}

// maxDepth bounds chains of qualifiers and nested types in broken blobs.
const maxDepth = 64

func (k Kind) isModifier() bool {
	switch k {
	case KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag:
		return true
	}
	return false
}

// IsComposite reports whether k is a struct or a union.
func (k Kind) IsComposite() bool { return k == KindStruct || k == KindUnion }

// Resolve skips typedefs, qualifiers and type tags.
func (t *Types) Resolve(id ID) ID {
	for range maxDepth {
		if r := t.raw(id); r.kind().isModifier() {
			id = ID(r.sizeOrType())
			continue
		}
		return id
	}
	return 0
}

// Size returns the size of a type in bytes, pointers taking 8; false when it
// has none.
func (t *Types) Size(id ID) (uint32, bool) {
	n := uint64(1)
	for range maxDepth {
		r := t.raw(id)
		switch k := r.kind(); {
		case k == KindInt, k == KindStruct, k == KindUnion, k == KindEnum, k == KindEnum64, k == KindFloat, k == KindDatasec:
			n *= uint64(r.sizeOrType())
			return uint32(n), n <= 1<<32-1
		case k == KindPointer:
			n *= 8
			return uint32(n), n <= 1<<32-1
		case k == KindArray:
			if n *= uint64(r.word(5)); n > 1<<32-1 {
				return 0, false
			}
			id = ID(r.word(3))
		case k.isModifier(), k == KindVar:
			id = ID(r.sizeOrType())
		default:
			return 0, false
		}
	}
	return 0, false
}

// Int describes an integer type.
type Int struct {
	Bits, Offset       uint8
	Signed, Char, Bool bool
}

// Int returns the encoding of an integer type; false when id is none.
func (t *Types) Int(id ID) (Int, bool) {
	r := t.raw(id)
	if r.kind() != KindInt {
		return Int{}, false
	}
	w := r.word(3)
	enc := w >> 24
	return Int{Bits: uint8(w), Offset: uint8(w >> 16), Signed: enc&1 != 0, Char: enc&2 != 0, Bool: enc&4 != 0}, true
}

// NumElems returns the number of elements of an array.
func (t *Types) NumElems(id ID) uint32 {
	if r := t.raw(id); r.kind() == KindArray {
		return r.word(5)
	}
	return 0
}

// Member is a member of a struct or union.
type Member struct {
	Name string
	Type ID
	// Offset and Bits are the place of the member in bits; Bits is the width
	// of a bitfield and 0 for other members.
	Offset, Bits uint32
}

// NumMembers returns the number of members of a struct or union, of values of
// an enum and of parameters of a prototype.
func (t *Types) NumMembers(id ID) int {
	r := t.raw(id)
	switch r.kind() {
	case KindStruct, KindUnion, KindEnum, KindEnum64, KindFuncProto:
		return r.count()
	}
	return 0
}

// Member returns the i-th member of a struct or union.
func (t *Types) Member(id ID, i int) Member {
	r := t.raw(id)
	if !r.kind().IsComposite() || i < 0 || i >= r.count() {
		return Member{}
	}
	m := r.member(i)
	return Member{Name: r.str(m.name), Type: m.typ, Offset: m.off, Bits: m.bits}
}

type rawMember struct {
	name      uint32
	typ       ID
	off, bits uint32
}

func (r raw) member(i int) rawMember {
	at := 3 + 3*i
	m := rawMember{name: r.word(at), typ: ID(r.word(at + 1)), off: r.word(at + 2)}
	if r.flag() {
		m.off, m.bits = m.off&0xffffff, m.off>>24
	}
	return m
}
