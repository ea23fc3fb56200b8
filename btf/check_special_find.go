package btf

import (
	"bytes"

	"github.com/bpflint/bpflint/internal/linux"
)

// find appends the special members of a struct, those of nested structs
// included. unique collects the kinds that may stand once.
func (s *specials) find(t *record, fields []field, level int, unique *special) ([]field, *Refusal) {
	for i := range s.vlen(t) {
		m := s.member(t, i)
		off := m.bitOffset(t.flag())
		if off%8 != 0 {
			return nil, silent(einval, "struct "+s.shown(t.name)+" has special members and a bit field")
		}
		var r *Refusal
		if fields, r = s.findMember(t, i, m.typ, off/8, fields, level, unique); r != nil {
			return nil, r
		}
	}
	return fields, nil
}

func (s *specials) findMember(t *record, i, typ, off uint32, fields []field, level int, unique *special) ([]field, *Refusal) {
	mt, _ := s.record(typ)
	count := uint32(1)
	for range maxResolve {
		if s.kind(&mt) != KindArray {
			break
		}
		a := s.array(&mt)
		count *= a.count
		mt, _ = s.record(a.elem)
	}
	switch row := s.specialType(&mt); {
	case s.kind(&mt) == KindArray:
		return nil, silent(e2big, "an array has more than 32 dimensions")
	case count == 0:
		return fields, nil
	case row < 0 && s.kind(&mt) == KindStruct:
		return s.findNested(&mt, off, count, fields, level, unique)
	case row < 0:
		return s.findPointer(&mt, off, count, fields)
	default:
		return s.findNamed(t, i, &mt, row, off, count, fields, unique)
	}
}

// findNested looks into a member that is a struct.
func (s *specials) findNested(t *record, off, count uint32, fields []field, level int, unique *special) ([]field, *Refusal) {
	level++
	if height := s.barren[t.id]; height > 0 && level+height <= maxResolve {
		return fields, nil
	}
	if level >= maxResolve {
		return nil, silent(e2big, "structs nest too deep")
	}
	if !s.has(linux.BTFUniqueMembers) {
		unique = new(special)
	}
	n := len(fields)
	fields, r := s.find(t, fields, level, unique)
	if r != nil {
		return nil, r
	}
	if len(fields) == n {
		s.barren[t.id] = s.height(t)
		return fields, nil
	}
	for i := n; i < len(fields); i++ {
		fields[i].off += off
	}
	return s.repeat(fields, n, count, t.val)
}

// height is how deep a struct without special members nests.
func (s *specials) height(t *record) int {
	deepest := 0
	for i := range s.vlen(t) {
		mt, _ := s.record(s.member(t, i).typ)
		for s.kind(&mt) == KindArray {
			mt, _ = s.record(s.array(&mt).elem)
		}
		deepest = max(deepest, s.barren[mt.id])
	}
	return deepest + 1
}

// repeat adds the fields from n on for the further elements of an array.
func (s *specials) repeat(fields []field, n int, count, size uint32) ([]field, *Refusal) {
	found := len(fields) - n
	if count <= 1 || found == 0 {
		return fields, nil
	}
	for _, f := range fields[n:] {
		if f.kind&repeatable == 0 {
			return nil, silent(einval, "an array has special members that may stand once only")
		}
	}
	if uint64(found)*uint64(count) > uint64(maxFields-n) {
		return nil, silent(e2big, "more than 11 special members")
	}
	for i := range count - 1 {
		for j := range found {
			f := fields[n+j]
			f.off += (i + 1) * size
			fields = append(fields, f)
		}
	}
	return fields, nil
}

func (s *specials) append(fields []field, f field, count uint32) ([]field, *Refusal) {
	if len(fields) == maxFields {
		return nil, silent(e2big, "more than 11 special members")
	}
	return s.repeat(append(fields, f), len(fields), count, f.size)
}

func (s *specials) findPointer(t *record, off, count uint32, fields []field) ([]field, *Refusal) {
	if off%8 != 0 {
		return fields, nil
	}
	f, r := s.pointer(t)
	if r != nil || f.kind == specialNone {
		return fields, r
	}
	f.off, f.size = off, 8
	return s.append(fields, f, count)
}

func (s *specials) findNamed(t *record, i uint32, mt *record, row int, off, count uint32, fields []field, unique *special) ([]field, *Refusal) {
	sort := &specialTypes[row]
	if sort.unique && !s.repeats(sort.kind) {
		if *unique&sort.kind != 0 {
			return nil, silent(e2big, "struct "+s.shown(t.name)+" has two members "+sort.name)
		}
		*unique |= sort.kind
	}
	if off%sort.align != 0 || s.kind(mt) != KindStruct || mt.val != sort.size {
		return fields, nil
	}
	f := field{kind: sort.kind, off: off, size: sort.size}
	if sort.kind&anyRoot != 0 {
		var r *Refusal
		if f.typ, f.node, r = s.contained(t, i); r != nil {
			return nil, r
		}
	}
	return s.append(fields, f, count)
}

// repeats reports whether a kernel forgets that a kind stands once.
func (s *specials) repeats(kind special) bool {
	return kind == specialRefcount && !s.has(linux.BTFUniqueMembers)
}

// contained reads the tag "contains:TYPE:MEMBER" of a list or tree.
func (s *specials) contained(t *record, i uint32) (typ uint32, node []byte, r *Refusal) {
	prefix := []byte("contains:")
	var value []byte
	for id := uint32(1); id < s.count(); id++ {
		tag, _ := s.record(id)
		if s.kind(&tag) != KindDeclTag || tag.val != t.id || s.word(tag.body) != i || !bytes.HasPrefix(s.name(tag.name), prefix) {
			continue
		}
		if value != nil {
			return 0, nil, silent(einval, "two tags say what a list or tree contains")
		}
		value = s.name(tag.name)[len(prefix):]
	}
	name, node, ok := bytes.Cut(value, []byte(":"))
	if !ok {
		return 0, nil, silent(einval, "no tag says what a list or tree contains")
	}
	typ = s.structNamed(name)
	switch {
	case typ == 0:
		return 0, nil, silent(enoent, "no struct "+string(name)+" for a list or tree to contain")
	case len(node) == 0:
		return 0, nil, silent(einval, "no member of struct "+string(name)+" to link it by")
	}
	return typ, node, nil
}

func (s *specials) structNamed(name []byte) uint32 {
	for id := uint32(1); id < s.count(); id++ {
		t, _ := s.record(id)
		if s.kind(&t) == KindStruct && bytes.Equal(s.name(t.name), name) {
			return id
		}
	}
	return 0
}
