package absint

import "github.com/bpflint/bpflint/btf"

// perCPUSection holds the variables of which each processor has its own.
const perCPUSection = ".data..percpu"

// addressOfSymbol returns the address of a variable or function of the kernel.
func (m *machine) addressOfSymbol(id btf.ID) (value, bool) {
	types, ok := m.kernelTypes()
	if !ok {
		return none, false
	}
	switch types.Kind(id) {
	case btf.KindFunc:
		v := pointer(kindMem)
		v.flags = flagReadOnly
		return v, true
	case btf.KindVar:
		if m.hidesVariables() {
			m.fail("ENOENT", "ldimm64 failed to find the address for kernel symbol '%s'.", types.Name(id))
			return none, false
		}
		return m.addressOfVariable(types, id)
	case btf.KindVoid:
		m.fail("ENOENT", "ldimm64 insn specifies invalid btf_id %d.", id)
	default:
		m.fail("EINVAL", "pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC", id)
	}
	return none, false
}

func (m *machine) addressOfVariable(types *btf.Types, id btf.ID) (value, bool) {
	typ := types.Elem(id)
	switch {
	case types.InSection(perCPUSection, id):
		return typedPointer(kernelType(typ), flagPercpu), true
	case types.Kind(types.Resolve(typ)).IsComposite():
		return typedPointer(kernelType(typ), 0), true
	}
	return m.sizedMemory(types, typ, "ldimm64 unable to resolve the size of type '%s': %d")
}

// sizedMemory makes a read-only pointer to memory that holds a value of a type.
func (m *machine) sizedMemory(types *btf.Types, typ btf.ID, message string) (value, bool) {
	const einval = -22
	size, ok := types.Size(typ)
	if !ok {
		m.fail("EINVAL", message, types.Name(types.Resolve(typ)), einval)
		return none, false
	}
	v := pointer(kindMem)
	v.size = size
	if m.rules.readOnlySyms {
		v.flags = flagReadOnly
	}
	return v, true
}

// hidesVariables reports whether the target's table of symbols has functions
// only. Where nothing is known of its configuration it has all.
func (m *machine) hidesVariables() bool {
	has, _ := m.prog.Target.Option("CONFIG_KALLSYMS")
	all, _ := m.prog.Target.Option("CONFIG_KALLSYMS_ALL")
	return has == "y" && all != "y"
}
