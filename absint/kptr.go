package absint

import (
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// kptrKind says how a map's value holds an object.
type kptrKind uint8

const (
	kptrNone   kptrKind = iota
	kptrLoose           // the object may go away
	kptrOwned           // the map owns it
	kptrPercpu          // ... an object with a copy for each CPU
	kptrUser            // memory of user space
)

// kptrTags are the tags of pointers in C, and what they mean.
var kptrTags = map[string]kptrKind{
	"kptr_untrusted": kptrLoose, "kptr": kptrOwned, "percpu_kptr": kptrPercpu, "uptr": kptrUser,
}

// kptrNames are the names of the fields in messages.
var kptrNames = [...]string{kptrLoose: "kptr", kptrOwned: "kptr", kptrPercpu: "percpu_kptr", kptrUser: "uptr"}

// kptrField is a pointer in a map's value, or in an object of the program, that
// the kernel knows of.
type kptrField struct {
	kind kptrKind
	name string // of the type pointed to
	typ  typeRef
	of   btf.Kind
	mine origin // whose the type is when it is none of the kernel
}

// kptrType finds the type of the object behind a field: that of the kernel with
// its name, or one that only the program has. Each map is created with a BTF of
// its own, so that its types are never the program's or another map's.
func (m *machine) kptrType(f *kptrField) bool {
	if f.typ.id != 0 {
		return true
	}
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	if id, ok := types.Find(f.of, f.name); ok {
		f.typ = kernelType(id)
		return true
	}
	if types, ok = m.programTypes(); !ok {
		return false
	}
	id, ok := types.Find(f.of, f.name)
	f.typ = typeRef{id, f.mine}
	return ok || m.unsupported("kptr to a type that the program does not use") != failed
}

// touchesKptr checks an access that overlaps a pointer at an offset of a map's
// value.
func (m *machine) touchesKptr(f *mapField, p *value, off, size int32, helper bool) bool {
	name, at := kptrNames[f.kptr.kind], int64(p.off)+int64(off)+int64(p.num.Tnum.Value)
	switch {
	case helper:
		m.fail("EACCES", "%s cannot be accessed indirectly by helper", name)
	case !p.num.IsConst():
		m.fail("EACCES", "%s access cannot have variable offset", name)
	case at != int64(f.off):
		m.fail("EACCES", "%s access misaligned expected=%d off=%d", name, f.off, at)
	case size != 8:
		m.fail("EACCES", "%s access size must be BPF_DW", name)
	default:
		return true
	}
	return false
}

// accessKptr reads or writes a pointer in a map's value.
func (m *machine) accessKptr(a *access, f *mapField) bool {
	in := &m.insns[m.here()]
	if !m.kptrType(&f.kptr) {
		return false
	}
	switch {
	case in.Op&0xe0 != cfg.ModeMEM:
		m.fail("EACCES", "kptr in map can only be accessed using BPF_MEM instruction mode")
	case !a.write:
		m.loadKptr(m.reg(uint8(a.value)), &f.kptr)
		return true
	case f.kptr.kind == kptrOwned, f.kptr.kind == kptrPercpu:
		m.fail("EACCES", "store to referenced kptr disallowed")
	case f.kptr.kind == kptrUser:
		m.fail("EACCES", "store to uptr disallowed")
	case a.value < 0 && in.imm != 0:
		m.fail("EACCES", "BPF_ST imm must be 0 when storing to kptr at off=%d", f.off)
	default:
		return a.value < 0 || m.reg(uint8(a.value)).isNull() || m.kptrTakes(&f.kptr, uint8(a.value))
	}
	return false
}

// loadKptr sets a register to a pointer that was read from a map's value.
func (m *machine) loadKptr(dst *value, f *kptrField) {
	if f.kind == kptrUser {
		*dst = pointer(kindMem)
		dst.size, _ = m.typesOf(f.typ.types).Size(f.typ.id)
		dst.flags = flagMaybeNull
	} else {
		*dst = typedPointer(f.typ, m.kptrTrust(f)|flagMaybeNull)
	}
	dst.id = m.newID()
}

func (m *machine) kptrTrust(f *kptrField) flags {
	protected := f.kind == kptrPercpu ||
		f.kind == kptrOwned && (f.typ.types != ofKernel || m.hook.kernel.Lists(linux.RCUTypes, f.name))
	switch {
	case !protected || !m.inRCU():
		return flagUntrusted
	case f.kind == kptrPercpu:
		return flagRCU | flagPercpu
	case f.typ.types != ofKernel && m.isNode(f.typ):
		return flagRCU | flagAlloc | flagNonOwning // a list or tree may hold it as well
	case f.typ.types != ofKernel:
		return flagRCU | flagAlloc
	}
	return flagRCU
}

// kptrTakes checks that a field can hold the object behind a register.
func (m *machine) kptrTakes(f *kptrField, r uint8) bool {
	v := m.reg(r)
	name := ""
	if v.kind == kindBTF {
		name = m.nameOf(v.typ())
		may := flagMaybeNull | flagAlloc
		switch {
		case v.types == ofKernel && f.kind == kptrLoose:
			may = flagMaybeNull | flagTrusted | flagRCU | flagUntrusted
		case v.types == ofKernel:
			may = flagMaybeNull | flagTrusted | flagRCU
		case f.kind == kptrPercpu:
			may |= flagPercpu
		}
		if v.flags&^may == 0 {
			if !m.unmoved(r, v, true) {
				return false
			}
			if m.hasType(v, v.off+int32(v.num.Tnum.Value), f.typ, f.kind != kptrLoose) {
				return true
			}
		} else {
			name = ""
		}
	}
	or := ""
	if f.kind == kptrLoose {
		or = " or untrusted_ptr_" + f.name
	}
	m.fail("EACCES", "invalid kptr access, R%d type=%s%s expected=ptr_%s%s", r, v.name(), name, f.name, or)
	return false
}

// argumentKptr finds the field that bpf_kptr_xchg is to change.
func (m *machine) argumentKptr(c *helperCall, r uint8) bool {
	v := m.reg(r)
	fields := m.fieldsOf(v)
	if v.kind == kindMapValue && !m.maps[v.mapi].typed {
		m.fail("EINVAL", "map '%s' has to have BTF in order to use bpf_kptr_xchg", m.maps[v.mapi].Name)
		return false
	}
	off, ok := m.constantOffset(r, fieldKptr)
	if !ok {
		return false
	}
	if v.kind == kindMapValue {
		c.mapi = v.mapi
	}
	any := false
	for i := range fields {
		f := &fields[i]
		if f.kind != fieldKptr || f.kptr.kind == kptrUser {
			continue
		}
		any = true
		if int64(f.off) != off {
			continue
		}
		if f.kptr.kind != kptrOwned && f.kptr.kind != kptrPercpu {
			m.fail("EACCES", "off=%d kptr isn't referenced kptr", off)
			return false
		}
		c.kptr = &f.kptr
		return m.kptrType(c.kptr)
	}
	switch {
	case any:
		m.fail("EACCES", "off=%d doesn't point to kptr", off)
	case m.rules.kptrTags:
		m.fail("EINVAL", "R%d has no valid kptr", r)
	default:
		m.fail("EINVAL", "map '%s' has no valid kptr", m.maps[v.mapi].Name)
	}
	return false
}

// giveAway moves the ownership of an object into a map. Within an RCU section
// those that have a copy for each CPU can still be read.
func (m *machine) giveAway(ref uint32) bool {
	if !m.releaseIn(&m.cur, ref, m.rules.callbacks.owned) {
		return false
	}
	const percpu = flagAlloc | flagPercpu
	readable := m.inRCU()
	m.eachValue(&m.cur, func(v *value) bool { return v.ref == ref }, func(v *value) {
		if readable && v.kind == kindBTF && v.flags&percpu == percpu {
			v.ref, v.flags = 0, v.flags&^flagAlloc|flagRCU
			return
		}
		m.invalidate(v)
	})
	return true
}

// returnKptr makes the result of bpf_kptr_xchg.
func (m *machine) returnKptr(c *helperCall, r0 *value) {
	*r0 = typedPointer(c.kptr.typ, 0)
	if c.kptr.typ.types != ofKernel {
		r0.flags |= flagAlloc
		if c.kptr.kind == kptrPercpu {
			r0.flags |= flagPercpu
		}
	}
}
