package absint

import (
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// Helpers that objects of the kernel are special to.
const (
	helperSkRelease = 86 // takes any kind of socket back
	helperDPath     = 147
)

// argumentObject checks a typed pointer that matches the kind of an argument by
// its qualifiers.
func (m *machine) argumentObject(c *helperCall, arg *linux.Arg, kind linux.ArgKind, r uint8) bool {
	v := m.reg(r)
	switch kind {
	case linux.ArgPercpuBTFID:
		return true
	case linux.ArgBTFID, linux.ArgBTFIDSockCommon:
	case linux.ArgSpinLock, linux.ArgKptr:
		return true // what they hold is checked later
	default: // memory
		if !arg.Has(linux.ArgReadOnly) {
			m.fail("EACCES", "%s() may write into memory pointed by R%d type=%s", c.Name, r, v.name())
			return false
		}
		return true
	}
	if v.mayNull() && v.flags&flagAlloc != 0 {
		return m.bug("invalid PTR_TO_BTF_ID register for type match")
	}
	if v.mayNull() && m.rules.trust && (!arg.Has(linux.ArgMaybeNull) || arg.Has(linux.ArgRelease)) {
		where := "arg"
		if m.rules.argNames {
			where = "R"
		}
		m.fail("EACCES", "Possibly NULL pointer passed to helper %s%d", where, r)
		return false
	}
	if m.rules.ptrInOffset && !m.unmoved(r, v, true) {
		return false
	}
	return m.argumentStruct(c, arg, r)
}

// argumentStruct checks the type of the object that is passed.
func (m *machine) argumentStruct(c *helperCall, arg *linux.Arg, r uint8) bool {
	v, name := m.reg(r), arg.Type
	if arg.Kind != linux.ArgBTFID {
		name = "sock_common"
	}
	if c.ID == helperKptrXchg {
		return m.kptrTakes(c.kptr, r)
	}
	if name == "" {
		m.unsupported("objects of any type as arguments")
		return false
	}
	want, ok := m.findStruct(name)
	if !ok {
		m.unsupported("objects of type " + name)
		return false
	}
	exact := arg.Has(linux.ArgRelease) && c.ID != helperSkRelease
	if m.hasType(v, v.off+int32(v.num.Tnum.Value), want, exact) {
		return true
	}
	m.fail("EACCES", "R%d is of type %s but %s is expected", r, m.nameOf(v.typ()), name)
	return false
}

// helperTouchesObject checks that a helper may read size bytes of a kernel object,
// or write them. Before 7.2 what may be read may be written.
func (m *machine) helperTouchesObject(r uint8, size int32, write bool) bool {
	a := access{reg: r, size: size, value: -1}
	if write && m.rules.objectWrites {
		a.write, a.value = true, storeAny
	}
	return m.accessTyped(&a, m.reg(r))
}

// returnObject makes the result of a helper that returns a typed pointer, or
// memory when the type is none that can be walked.
func (m *machine) returnObject(c *helperCall, r0 *value) bool {
	if c.Ret.Kind == linux.RetMemOrBTFID {
		types := m.typesOf(c.object.types)
		if !types.Kind(types.Resolve(c.object.id)).IsComposite() {
			v, ok := m.sizedMemory(types, c.object.id, "unable to resolve the size of type '%s': %d")
			*r0 = v
			return ok
		}
		*r0 = typedPointer(typeRef{types.Resolve(c.object.id), c.object.types}, c.objectTrust)
		return true
	}
	if c.kptr != nil {
		m.returnKptr(c, r0)
		return true
	}
	t, ok := m.findStruct(c.Ret.Type)
	if !ok || c.Ret.Type == "" {
		m.unsupported("typed kernel pointer from " + c.Name)
		return false
	}
	*r0 = typedPointer(t, 0)
	if c.Ret.Has(linux.RetTrusted) {
		r0.flags |= flagTrusted
	}
	return true
}

// mayCallHere reports whether the place that the program is attached to may call
// a helper that only some places may.
func (m *machine) mayCallHere(id uint32) bool {
	a := m.prog.AttachType
	switch id {
	case helperSkStorageGet, helperSkStorageDelete:
		switch a {
		case ebpf.AttachTraceRawTp, ebpf.AttachTraceIter:
			return true
		case ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit, attachTraceSession:
			return !strings.HasPrefix(m.target.name, "bpf_sk_storage")
		}
		return false
	case helperDPath:
		if m.prog.Type == ebpf.Tracing {
			return a == ebpf.AttachTraceIter || m.hook.kernel.Lists(linux.DPathCallers, m.target.name)
		}
	}
	return m.prog.Type == ebpf.LSM &&
		m.hook.kernel.Hook(uint32(ebpf.LSM), uint32(ebpf.AttachLSMMac), true, m.prog.AttachTo) != nil
}
