package absint

import "github.com/bpflint/bpflint/btf"

// origin says whose types an ID numbers.
type origin uint16

const (
	ofKernel  origin = iota
	ofProgram        // the program's own BTF
	ofMaps           // the BTF of the first map, with the IDs of the program's; others follow
)

// ofMap is the BTF that the mapi-th map was created with.
func ofMap(mapi int32) origin { return ofMaps + origin(mapi) }

// typeRef names a type. Two of them are equal when the types are the same.
type typeRef struct {
	id    btf.ID
	types origin
}

// kernelType is a type of the kernel.
func kernelType(id btf.ID) typeRef { return typeRef{id: id} }

// typedPointer makes a pointer to an object of a type. With flagMaybeNull it
// still needs an id.
func typedPointer(t typeRef, f flags) value {
	v := pointer(kindBTF)
	v.size, v.types, v.flags = uint32(t.id), t.types, f
	return v
}

// typ is the type of the object that a kindBTF points to, or into.
func (v *value) typ() typeRef { return typeRef{btf.ID(v.size), v.types} }

// views has what a machine knows of types. All of it is looked up when it is
// first needed.
type views struct {
	kernel, own *btf.Types
	special     map[btf.ID][]btf.SpecialField // of the program's own types
	walks       []walk                        // by slot: what the instruction met before
}

// kernelTypes returns the types of the target kernel. Without any the machine
// is told that the run ends.
func (m *machine) kernelTypes() (*btf.Types, bool) {
	if m.views.kernel == nil {
		types, err := m.prog.Target.View()
		if err != nil {
			m.err = err
			return nil, false
		}
		if types == nil {
			m.unsupported("typed programs without the kernel's BTF")
			return nil, false
		}
		m.views.kernel = types
	}
	return m.views.kernel, true
}

// programTypes returns the program's own types.
func (m *machine) programTypes() (*btf.Types, bool) {
	if m.views.own == nil {
		blob, _, _, err := m.prog.MarshalBTF()
		if err == nil && blob != nil {
			m.views.own, err = btf.Open(blob)
		}
		if m.views.own != nil {
			// A blob that the kernel refuses was refused before.
			m.views.special, _ = btf.SpecialFields(blob, btf.Kernel{Version: m.prog.Target.Kernel, Types: m.prog.Target.View})
		}
		if err != nil || m.views.own == nil {
			m.unsupported("types of a program without BTF")
			return nil, false
		}
	}
	return m.views.own, true
}

// typesOf returns the types that an ID is of. They were loaded when the
// reference was made.
func (m *machine) typesOf(o origin) *btf.Types {
	if o == ofKernel {
		return m.views.kernel
	}
	return m.views.own
}

// kindOf and nameOf describe a type.
func (m *machine) kindOf(t typeRef) btf.Kind { return m.typesOf(t.types).Kind(t.id) }
func (m *machine) nameOf(t typeRef) string   { return m.typesOf(t.types).Name(t.id) }

// findStruct finds a struct of the kernel by its name.
func (m *machine) findStruct(name string) (typeRef, bool) {
	types, ok := m.kernelTypes()
	if !ok {
		return typeRef{}, false
	}
	id, ok := types.Find(btf.KindStruct, name)
	return kernelType(id), ok
}

// hasType reports whether a typed pointer, moved by off, points to an object of
// type want, or to one that begins with it. With exact it has to be the object
// itself.
func (m *machine) hasType(p *value, off int32, want typeRef, exact bool) bool {
	t := p.typ()
	if t.types != want.types || off < 0 {
		return false
	}
	flexible := p.flags&flagAlloc == 0
	return m.typesOf(t.types).HasAt(t.id, uint32(off), want.id, exact, flexible)
}

// isTrusted reports whether a pointer is known to point to a living object: one
// that is held, trusted or was made by the program, and nothing else about it
// speaks against that.
func (v *value) isTrusted() bool {
	if v.ref != 0 {
		return true
	}
	switch v.kind {
	case kindSocket, kindSockCommon, kindTCPSock, kindConstMap:
		return v.flags == 0
	}
	const safe = flagTrusted | flagAlloc | flagNonOwning
	return v.flags&safe != 0 && v.flags&^safe == 0
}

// leaveRCU takes the protection from all pointers when the last RCU section of
// a path ends.
func (m *machine) leaveRCU() {
	m.eachValue(&m.cur,
		func(v *value) bool { return v.flags&flagRCU != 0 },
		func(v *value) { v.flags = v.flags&^(flagRCU|flagMaybeNull) | flagUntrusted })
	m.eachObject(&m.cur, byteIter, func(frame uint8, n int, s *slot) {
		if s.spill.flags&flagRCU != 0 {
			m.slotsOf(frame)[n].spill.flags = flagUntrusted
		}
	})
}
