package absint

import (
	"math"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
)

// ownType is a struct of the program with the fields that mean something to the
// kernel.
type ownType struct {
	id     btf.ID
	fields []mapField
}

// ofValues are fields that mean something in values of maps only.
var ofValues = []fieldKind{fieldTimer, fieldWorkqueue, fieldTaskWork}

// fieldsOf returns the special fields of what a pointer points to: a map's value
// or an object of the program.
func (m *machine) fieldsOf(v *value) []mapField {
	if v.kind == kindMapValue {
		return m.maps[v.mapi].fields
	}
	if v.kind != kindBTF || v.types == ofKernel {
		return nil
	}
	for i := range m.owned {
		if m.owned[i].id == v.typ().id {
			return m.owned[i].fields
		}
	}
	t := ownType{id: v.typ().id}
	t.fields = slices.DeleteFunc(fieldsIn(m.typesOf(v.types), t.id, 0, nil), func(f mapField) bool { return slices.Contains(ofValues, f.kind) })
	m.owned = append(m.owned, t)
	return t.fields
}

// fieldsIn lists the special fields of a type, in the order of their offsets.
func fieldsIn(types *btf.Types, id btf.ID, off uint32, list []mapField) []mapField {
	id = types.Resolve(id)
	size, _ := types.Size(id)
	switch types.Kind(id) {
	case btf.KindStruct:
		for kind, name := range fieldNames[:fieldKptr] {
			if off > 0 && types.Name(id) == name {
				return append(list, mapField{kind: fieldKind(kind), off: off, size: size})
			}
		}
		for i := range types.NumMembers(id) {
			mem := types.Member(id, i)
			if isFirst := off == 0 && mem.Offset == 0; isFirst {
				list = firstField(types, mem.Type, list)
				continue
			}
			list = fieldsIn(types, mem.Type, off+mem.Offset/8, list)
		}
	case btf.KindPointer:
		tag := types.Elem(id)
		if kind := kptrTags[types.Name(tag)]; types.Kind(tag) == btf.KindTypeTag && kind != kptrNone {
			target := types.Resolve(tag)
			return append(list, mapField{kind: fieldKptr, off: off, size: 8,
				kptr: kptrField{kind: kind, name: types.Name(target), of: types.Kind(target), mine: true}})
		}
	}
	return list
}

// firstField is fieldsIn for the first member of a struct.
func firstField(types *btf.Types, id btf.ID, list []mapField) []mapField {
	t := types.Resolve(id)
	if types.Kind(t) == btf.KindStruct {
		size, _ := types.Size(t)
		for kind, name := range fieldNames[:fieldKptr] {
			if types.Name(t) == name {
				return append(list, mapField{kind: fieldKind(kind), size: size})
			}
		}
	}
	return fieldsIn(types, id, 0, list)
}

// noSpecialField refuses a direct access to a special field of an own object.
func (m *machine) noSpecialField(v *value, off, size uint32) bool {
	if v.flags&flagAlloc == 0 {
		return true
	}
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
	if v.kind != kindBTF || v.flags&flagAlloc == 0 {
		m.fail("EINVAL", "%s is neither owning or non-owning ref", m.argName(i))
		return false
	}
	fields := m.fieldsOf(v)
	if len(fields) == 0 {
		return m.unsupported("what the verifier takes for a bug of its own") != failed
	}
	for _, f := range fields {
		if f.kind == fieldRefcount {
			c.object, c.owning = v.typ(), v.flags&flagNonOwning == 0 && v.ref != 0
			return true
		}
	}
	m.fail("EINVAL", "%s doesn't point to a type with bpf_refcount field", m.argName(i))
	return false
}

// kfuncGraphRoot checks the list or tree that a kfunc works on. What happens to
// its nodes is not modelled.
func (m *machine) kfuncGraphRoot(i int, kind fieldKind) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	own := v.kind == kindBTF && v.flags == flagAlloc
	switch {
	case v.kind != kindMapValue && !own || v.kind == kindMapValue && v.flags != 0:
		m.fail("EINVAL", "%s expected pointer to map value or allocated object", m.argName(i))
		return false
	case own && v.ref == 0:
		m.fail("EINVAL", "allocated object must be referenced")
		return false
	case !v.num.IsConst():
		m.fail("EINVAL", "R%d doesn't have constant offset. %s has to be at the constant offset", r, fieldNames[kind])
		return false
	}
	off := int64(v.off) + int64(v.num.Tnum.Value)
	for _, f := range m.fieldsOf(v) {
		if f.kind == kind && int64(f.off) == off {
			return m.unsupported("lists and trees") != failed
		}
	}
	m.fail("EINVAL", "%s not found at offset=%d", fieldNames[kind], off)
	return false
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
