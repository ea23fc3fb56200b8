package btf

import "fmt"

// FieldKind says what an access to a struct meets.
type FieldKind uint8

// Kinds of fields.
const (
	FieldScalar  FieldKind = iota // a number, or bytes of one
	FieldPointer                  // a pointer to a struct or union
	FieldOther                    // a pointer to something else
	FieldNested                   // the start of a struct in the struct; see Step
)

// Field is what lies at an offset of a struct.
type Field struct {
	Kind FieldKind
	Type ID     // FieldPointer: what it points to; FieldNested: the inner struct
	Tags Tags   // FieldPointer: those of the pointer
	name uint32 // of the member, in the strings
	// Union says that the way led through a union of several members, so that
	// a pointer may be something else.
	Union bool
}

// AccessError is why an access to a struct is not allowed, in the words of the
// kernel.
type AccessError struct {
	Message string
	Errno   string // "EACCES"
}

// Error returns the message.
func (e *AccessError) Error() string { return e.Message }

func refuse(errno, format string, args ...any) *AccessError {
	return &AccessError{Message: fmt.Sprintf(format, args...), Errno: errno}
}

// WalkOptions change how structs are walked.
type WalkOptions struct {
	// Flexible lets an access go beyond the end of a struct whose last member
	// is an array without a size.
	Flexible bool
	// Union starts as if the way had led through a union already.
	Union bool
	// PlainUnions walks unions as structs, as Linux did before 6.4.
	PlainUnions bool
}

// Walk finds what an access of size bytes at off of a struct or union meets,
// with nested structs, unions and arrays resolved. The error is an
// *AccessError.
func (t *Types) Walk(id ID, off, size uint32, o WalkOptions) (Field, error) {
	for range maxDepth {
		f, err := t.Step(id, off, size, o)
		if err != nil || f.Kind != FieldNested {
			return f, err
		}
		id, off, o.Union = f.Type, 0, f.Union
	}
	return Field{}, refuse("EINVAL", "struct %s is nested too deeply", t.Name(id))
}

// Step is Walk up to the first nested struct that begins at the offset.
func (t *Types) Step(id ID, off, size uint32, o WalkOptions) (Field, error) {
	union := o.Union
	for range maxDepth {
		s := t.raw(t.Resolve(id))
		if !s.kind().IsComposite() {
			return Field{}, refuse("EINVAL", "Type '%s' is not a struct", t.Name(id))
		}
		union = union || s.kind() == KindUnion && s.count() != 1 && !o.PlainUnions
		if end := off + size; end > s.sizeOrType() {
			elem, start, ok := s.flexible()
			if !o.Flexible || !ok || off < start {
				return Field{}, s.beyond(off, size)
			}
			e := t.raw(t.Resolve(elem))
			if e.kind() == KindInt {
				return Field{Kind: FieldScalar, Union: union}, nil
			}
			if !e.kind().IsComposite() || e.sizeOrType() == 0 {
				return Field{}, s.beyond(off, size)
			}
			id, off = elem, (off-start)%e.sizeOrType()
			continue
		}
		m, err := s.memberAt(off, size)
		if err != nil {
			return Field{}, err
		}
		switch e := t.raw(m.typ); {
		case m.bitfield:
		case e.kind().IsComposite() && off == m.start:
			return Field{Kind: FieldNested, Type: m.typ, Union: union, name: m.name}, nil
		case e.kind().IsComposite():
			id, off = m.typ, off-m.start
			continue
		case e.kind() == KindPointer:
			return s.pointerAt(&m, off, size, union)
		case off+size > m.end && !union:
			return Field{}, refuse("EACCES", "access beyond the end of member %s (mend:%d) in struct %s with off %d size %d",
				t.shown(m.name), m.end, s.shownName(), off, size)
		}
		return Field{Kind: FieldScalar, Union: union, name: m.name}, nil
	}
	return Field{}, refuse("EINVAL", "struct %s is nested too deeply", t.Name(id))
}

// FieldName returns the name of the member that a walk ended at.
func (t *Types) FieldName(f *Field) string { return t.str(f.name) }

// shown is how messages name what may have no name.
func (t *Types) shown(name uint32) string {
	if name == 0 {
		return "(anon)"
	}
	return t.str(name)
}

func (r raw) shownName() string { return r.shown(r.word(0)) }

func (r raw) beyond(off, size uint32) *AccessError {
	return refuse("EACCES", "access beyond struct %s at off %d size %d", r.shownName(), off, size)
}

// place is a member that holds an offset, or the element of an array that does.
type place struct {
	name     uint32
	typ      ID     // without qualifiers
	start    uint32 // of the element
	width    uint32 // of the element
	end      uint32 // of the whole member
	bitfield bool
}

// memberAt finds the member at an offset. An array counts as its elements one
// after the other, whatever its dimensions.
func (r raw) memberAt(off, size uint32) (place, error) {
	for i := range r.count() {
		m := r.member(i)
		start := m.off / 8
		if off+size <= start {
			break
		}
		if m.bits != 0 {
			if off <= start && (m.off+m.bits+7)/8 <= off+size {
				return place{name: m.name, bitfield: true}, nil
			}
			continue
		}
		if off < start {
			break
		}
		elem, n, width, ok := r.flatten(m.typ)
		if !ok {
			return place{}, refuse("EFAULT", "field %s doesn't have size", r.shown(m.name))
		}
		p := place{name: m.name, typ: elem, start: start, width: width, end: start + n*width}
		if off >= p.end {
			continue
		}
		p.start += (off - start) / width * width
		return p, nil
	}
	return place{}, refuse("EINVAL", "struct %s doesn't have field at offset %d", r.shownName(), off)
}

// pointerAt is what an access to a member that is a pointer gives. It must be
// to all of it.
func (r raw) pointerAt(m *place, off, size uint32, union bool) (Field, error) {
	if size != m.width || off != m.start {
		return Field{}, refuse("EACCES", "cannot access ptr member %s with moff %d in struct %s with off %d size %d",
			r.shown(m.name), m.start, r.shownName(), off, size)
	}
	id, tags := r.Pointee(m.typ)
	if tags&TagMany != 0 {
		return Field{}, refuse("EINVAL", "type '%s' has multiple type tags", KindPointer)
	}
	f := Field{Kind: FieldOther, Union: union, name: m.name}
	if r.Kind(id).IsComposite() {
		f.Kind, f.Type, f.Tags = FieldPointer, id, tags
	}
	return f, nil
}

// flexible returns the element type and the start of an array without a size
// at the end of a struct.
func (r raw) flexible() (elem ID, start uint32, ok bool) {
	n := r.count()
	if n == 0 {
		return 0, 0, false
	}
	m := r.member(n - 1)
	a := r.raw(r.Resolve(m.typ))
	if a.kind() != KindArray || a.word(5) != 0 {
		return 0, 0, false
	}
	return ID(a.word(3)), m.off / 8, true
}

// flatten resolves the type of a member: to the type, the number and the size
// of the elements of an array, or to itself.
func (t *Types) flatten(id ID) (elem ID, n, width uint32, ok bool) {
	n = 1
	for range maxDepth {
		id = t.Resolve(id)
		r := t.raw(id)
		if r.kind() != KindArray {
			width, ok = t.Size(id)
			return id, n, width, ok && r.kind() != KindDatasec
		}
		total := uint64(n) * uint64(r.word(5))
		if total > 1<<31 {
			return 0, 0, 0, false
		}
		n, id = uint32(total), ID(r.word(3))
	}
	return 0, 0, 0, false
}

// Place is where a member lies.
type Place struct {
	Holder     ID // the struct or union that has it
	Name       string
	Start, End uint32 // bytes from the start of the outermost struct
}

// PlaceOf returns the innermost member at an offset; false when there is none.
func (t *Types) PlaceOf(id ID, off uint32) (Place, bool) {
	base := uint32(0)
	for range maxDepth {
		id = t.Resolve(id)
		s := t.raw(id)
		if !s.kind().IsComposite() {
			return Place{}, false
		}
		m, err := s.memberAt(off, 1)
		if err != nil || m.bitfield {
			return Place{}, false
		}
		if t.Kind(m.typ).IsComposite() {
			id, base, off = m.typ, base+m.start, off-m.start
			continue
		}
		return Place{Holder: id, Name: t.str(m.name), Start: base + m.start, End: base + m.end}, true
	}
	return Place{}, false
}
