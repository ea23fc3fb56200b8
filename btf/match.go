package btf

// HasAt reports whether an object of type want lies at an offset of type id:
// they are one type, or want is the type of a nested struct that begins there,
// at any depth. With exact only the first counts.
func (t *Types) HasAt(id ID, off uint32, want ID, exact, flexible bool) bool {
	if off == 0 && id == want {
		return true
	}
	for n := 0; !exact && n < maxDepth; n++ {
		f, err := t.Step(id, off, 1, WalkOptions{Flexible: flexible})
		if err != nil || f.Kind != FieldNested {
			return false
		}
		if f.Type == want {
			return true
		}
		id, off = f.Type, 0
	}
	return false
}

// Lists reports whether the kernel keeps a list, as a struct whose name is that
// of id and a suffix such as "__safe_rcu", with a pointer of the name and type
// of a field in it.
func (t *Types) Lists(id ID, suffix string, f *Field) bool {
	r := t.raw(id)
	list, ok := t.Find(r.kind(), t.Name(id)+suffix)
	if !ok {
		return false
	}
	s, name := t.raw(list), t.FieldName(f)
	for i := range s.count() {
		m := s.member(i)
		if p := t.raw(m.typ); p.kind() != KindPointer || s.str(m.name) != name {
			continue
		}
		if target, _ := t.Pointee(m.typ); target == f.Type {
			return true
		}
	}
	return false
}
