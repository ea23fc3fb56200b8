package btf

// Param is a parameter of a function.
type Param struct {
	Name string
	Type ID
}

// Proto returns the prototype of a function, of a pointer to one or of a
// typedef of either; false when id is none of them.
func (t *Types) Proto(id ID) (ID, bool) {
	for range maxDepth {
		r := t.raw(id)
		switch k := r.kind(); {
		case k == KindFuncProto:
			return id, true
		case k == KindFunc, k == KindPointer, k.isModifier():
			id = ID(r.sizeOrType())
		default:
			return 0, false
		}
	}
	return 0, false
}

// Param returns the i-th parameter of a prototype. The one of a function with
// more arguments than are named, "...", has neither name nor type.
func (t *Types) Param(proto ID, i int) Param {
	r := t.raw(proto)
	if r.kind() != KindFuncProto || i < 0 || i >= r.count() {
		return Param{}
	}
	return Param{Name: r.str(r.word(3 + 2*i)), Type: ID(r.word(4 + 2*i))}
}

// InSection reports whether a variable stands in the section of a name, such
// as ".data..percpu".
func (t *Types) InSection(section string, v ID) bool {
	id, ok := t.Find(KindDatasec, section)
	if !ok {
		return false
	}
	s := t.raw(id)
	for i := range s.count() {
		if ID(s.word(3+3*i)) == v {
			return true
		}
	}
	return false
}
