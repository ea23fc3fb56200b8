package absint

import (
	"math"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
)

// ownType is a struct that the kernel does not have, with the fields that mean
// something to it.
type ownType struct {
	typ    typeRef
	fields []mapField
}

// fieldsOf returns the special fields of what a pointer points to: a map's value
// or an object of the program.
func (m *machine) fieldsOf(v *value) []mapField {
	if v.kind == kindMapValue {
		return m.maps[v.mapi].fields
	}
	if v.kind != kindBTF || v.types == ofKernel {
		return nil
	}
	return m.fieldsIn(v.typ())
}

// fieldsIn returns the special fields of a struct that the kernel does not have.
func (m *machine) fieldsIn(t typeRef) []mapField {
	for i := range m.owned {
		if m.owned[i].typ == t {
			return m.owned[i].fields
		}
	}
	own := ownType{typ: t}
	types := m.typesOf(t.types)
	for _, f := range m.views.special[t.id] {
		own.fields = append(own.fields, fieldFrom(types, &f, t.types))
	}
	m.owned = append(m.owned, own)
	return own.fields
}

// fieldFrom describes a special field of a struct.
func fieldFrom(types *btf.Types, f *btf.SpecialField, o origin) mapField {
	field := mapField{off: f.Off, size: f.Size, kind: fieldKptr}
	if kind := slices.Index(fieldNames[:fieldKptr], f.Name); kind >= 0 {
		field.kind = fieldKind(kind)
		field.node = graphNode{typ: typeRef{f.Type, o}, off: f.Node}
		return field
	}
	field.kptr = kptrField{kind: kptrTags[f.Name], name: types.Name(f.Type), of: types.Kind(f.Type), mine: o}
	return field
}

// fieldOf returns the field of a kind in what a pointer points to, nil for none.
// Of most kinds there is one at most.
func (m *machine) fieldOf(v *value, kind fieldKind) *mapField {
	fields := m.fieldsOf(v)
	for i := range fields {
		if fields[i].kind == kind {
			return &fields[i]
		}
	}
	return nil
}

// reachesOwn checks what holds for all accesses to an object that a program made,
// also for one that nothing protects any more.
func (m *machine) reachesOwn(a *access, p *value, off uint32) bool {
	untrusted := p.flags&flagUntrusted != 0
	switch {
	case a.write && untrusted && (m.rules.kfuncs.untrustedRead || m.rules.kfuncs.trustedOwn):
		m.fail("EACCES", "only read is supported")
		return false
	case p.ref == 0 && p.flags&flagRCU == 0 && !m.isLinked(p):
		if m.rules.kfuncs.regs {
			return m.bug("allocated object must have a referenced id")
		}
		return m.bug("ref_obj_id for allocated object must be non-zero")
	}
	return m.noSpecialField(p, off, uint32(a.size))
}

// bug refuses the program with what the verifier says when it takes something for
// a mistake of its own.
func (m *machine) bug(what string) bool {
	if m.rules.saysBugs {
		return m.fail("EFAULT", "verifier bug: %s", what) != failed
	}
	return m.fail("EFAULT", "verifier internal error: %s", what) != failed
}

// noSpecialField refuses a direct access to a special field of an own object.
func (m *machine) noSpecialField(v *value, off, size uint32) bool {
	for _, f := range m.fieldsOf(v) {
		if off < f.off+f.size && f.off < off+size {
			m.fail("EACCES", "direct access to %s is disallowed", f.name())
			return false
		}
	}
	return true
}

// name is how messages call a field.
func (f *mapField) name() string {
	if f.kind == fieldKptr {
		return kptrNames[f.kptr.kind]
	}
	return fieldNames[f.kind]
}

// maxPercpuObject bounds the size of objects with a copy for each CPU.
const maxPercpuObject = 512

// newObject makes the result of bpf_obj_new and its kin.
func (m *machine) newObject(c *kfuncCall, r0 *value) bool {
	if c.constant > math.MaxUint32 {
		m.fail("EINVAL", "local type ID argument must be in range [0, U32_MAX]")
		return false
	}
	if m.prog.Types == nil {
		m.fail("EINVAL", "bpf_obj_new/bpf_percpu_obj_new requires prog BTF")
		return false
	}
	types, ok := m.programTypes()
	if !ok {
		return false
	}
	id := btf.ID(c.constant)
	if !types.Kind(id).IsComposite() {
		m.fail("EINVAL", "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct")
		return false
	}
	*r0 = typedPointer(typeRef{id, ofProgram}, flagAlloc)
	if c.special != kfuncPercpuObjNew {
		return true
	}
	size, _ := types.Size(id)
	switch {
	case size > maxPercpuObject:
		m.fail("EINVAL", "bpf_percpu_obj_new type size (%d) is greater than %d", size, maxPercpuObject)
	case !onlyNumbers(types, id, 0):
		m.fail("EINVAL", "bpf_percpu_obj_new type ID argument must be of a struct of scalars")
	case len(m.fieldsOf(r0)) > 0:
		m.fail("EINVAL", "bpf_percpu_obj_new type ID argument must not contain special fields")
	default:
		r0.flags |= flagPercpu
		return true
	}
	return false
}

// kfuncOwnObject checks an object of the program that a kfunc takes back.
func (m *machine) kfuncOwnObject(c *kfuncCall, i int) bool {
	v := m.reg(uint8(i + 1))
	impl := ""
	if !m.rules.kfuncs.regs {
		impl = "_impl"
	}
	switch {
	case v.kind == kindBTF && v.flags == flagAlloc:
		if c.special != kfuncObjDrop {
			m.fail("EINVAL", "%s expected for bpf_obj_drop%s()", m.argName(i), impl)
			return false
		}
	case v.kind == kindBTF && v.flags == flagAlloc|flagPercpu:
		if c.special != kfuncPercpuObjDrop {
			m.fail("EINVAL", "%s expected for bpf_percpu_obj_drop%s()", m.argName(i), impl)
			return false
		}
	default:
		m.fail("EINVAL", "%s expected pointer to allocated object", m.argName(i))
		return false
	}
	if v.ref == 0 {
		m.fail("EINVAL", "allocated object must be referenced")
		return false
	}
	return true
}

// kfuncCounted checks an object of the program that has a counter of references.
func (m *machine) kfuncCounted(c *kfuncCall, i int) bool {
	v := m.reg(uint8(i + 1))
	if !m.isOwn(v) {
		m.fail("EINVAL", "%s is neither owning or non-owning ref", m.argName(i))
		return false
	}
	if len(m.fieldsOf(v)) == 0 {
		return m.bug("Couldn't find btf_record")
	}
	if m.fieldOf(v, fieldRefcount) == nil {
		m.fail("EINVAL", "%s doesn't point to a type with bpf_refcount field", m.argName(i))
		return false
	}
	c.object, c.owning = v.typ(), !m.isLinked(v) && (v.ref != 0 || !m.rules.kfuncs.countsOwned)
	return true
}

// isOwn reports whether a pointer is to an object that a program made. Some
// kernels do not take one for it that nothing protects any more.
func (m *machine) isOwn(v *value) bool {
	return v.kind == kindBTF && v.flags&flagAlloc != 0 && (v.flags&flagUntrusted == 0 || !m.rules.kfuncs.trustedOwn)
}

// nmiSafe are the fields of objects that may be taken apart anywhere.
var nmiSafe = []fieldKind{fieldSpinLock, fieldResSpinLock, fieldTimer, fieldWorkqueue, fieldTaskWork, fieldRefcount}

// mayDrop checks that a program which may run in an NMI drops no object whose
// fields need more than that.
func (m *machine) mayDrop(c *kfuncCall) bool {
	if !m.rules.nmiFields || c.special != kfuncObjDrop && c.special != kfuncPercpuObjDrop || !m.anywhere() {
		return true
	}
	for _, f := range m.fieldsOf(m.reg(1)) {
		if !slices.Contains(nmiSafe, f.kind) && !(f.kind == fieldKptr && f.kptr.kind == kptrLoose) {
			m.fail("EINVAL", "%s cannot be used in tracing programs on types with NMI unsafe fields", c.name)
			return false
		}
	}
	return true
}

// anywhere reports whether the program may run at any place of the kernel.
func (m *machine) anywhere() bool {
	return slices.Contains(tracingTypes, m.prog.Type) ||
		m.prog.Type == ebpf.Tracing && m.prog.AttachType != ebpf.AttachTraceIter && !m.programSleeps()
}
