package absint

import (
	"errors"

	"github.com/bpflint/bpflint/btf"
)

// walk is what an instruction met when it last read a field of an object. Most
// instructions meet one field only.
type walk struct {
	typ   typeRef
	off   uint32
	size  uint32
	field btf.Field
	lists lists
}

// lists are those of the kernel that a field stands in.
type lists uint8

const (
	listTrusted lists = 1 << iota
	listTrustedOrNull
	listRCU
	listRCUOrNull
)

// listSuffixes name the kernel's lists, in the order of the bits.
var listSuffixes = [...]string{"__safe_trusted", "__safe_trusted_or_null", "__safe_rcu", "__safe_rcu_or_null"}

// field finds what an access meets.
func (m *machine) field(t typeRef, off, size uint32, flexible bool) (*walk, bool) {
	if m.views.walks == nil {
		m.views.walks = make([]walk, len(m.insns))
	}
	w := &m.views.walks[m.here()]
	if w.typ == t && w.off == off && w.size == size {
		return w, true
	}
	types := m.typesOf(t.types)
	f, err := types.Walk(t.id, off, size, btf.WalkOptions{Flexible: flexible, PlainUnions: !m.rules.trust})
	if err != nil {
		m.refuseAccess(err)
		return nil, false
	}
	*w = walk{typ: t, off: off, size: size, field: f}
	if f.Kind == btf.FieldPointer && m.rules.trust {
		for i, suffix := range listSuffixes {
			if types.Lists(t.id, suffix, &f) {
				w.lists |= 1 << i
			}
		}
	}
	return w, true
}

// refuseAccess rejects the program for the reason of an access to a type.
func (m *machine) refuseAccess(err error) {
	var e *btf.AccessError
	if errors.As(err, &e) {
		m.fail(e.Errno, "%s", e.Message)
		return
	}
	m.err = err
}

// accessTyped reads or writes a field of a kernel object.
func (m *machine) accessTyped(a *access, p *value) bool {
	off, ok := m.typedOffset(a, p)
	if !ok {
		return false
	}
	if p.flags&flagAlloc != 0 && !m.reachesOwn(a, p, off) {
		return false
	}
	if a.write {
		return m.storeTyped(a, p, off)
	}
	w, ok := m.field(p.typ(), off, uint32(a.size), p.flags&flagAlloc == 0)
	if !ok {
		return false
	}
	if a.value < 0 {
		return true
	}
	f := tagFlags(&w.field)
	if w.field.Kind == btf.FieldPointer {
		f = m.inheritTrust(p, w, f)
	}
	m.loadField(m.reg(uint8(a.value)), w, p, f)
	return true
}

// typedOffset checks what holds for all accesses to kernel objects, and
// returns the offset into the object.
func (m *machine) typedOffset(a *access, p *value) (uint32, bool) {
	off := int64(a.off) + int64(p.off)
	name := func() string { return m.nameOf(p.typ()) }
	switch {
	case m.rules.typedCaps && !m.rules.ptrLeaks:
		m.fail("EPERM", "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", name())
	case m.rules.typedCaps && !m.hook.gpl && p.types == ofKernel:
		m.fail("EINVAL", "Cannot access kernel 'struct %s' from non-GPL compatible program", name())
	case off < 0 && !m.rules.ptrInOffset:
		m.fail("EACCES", "R%d is ptr_%s invalid negative access: off=%d", a.reg, name(), off)
	case !p.num.IsConst() && m.rules.ptrInOffset:
		at := m.joined(p)
		m.fail("EACCES", "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s", a.reg, name(), a.off, m.bits(&at))
	case !p.num.IsConst() || p.num.Tnum.Value != 0 && !m.rules.ptrInOffset:
		m.fail("EACCES", "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s", a.reg, name(), off, m.bits(p))
	case off+int64(p.num.Tnum.Value) < 0:
		m.fail("EACCES", "R%d is ptr_%s invalid negative access: off=%d", a.reg, name(), off+int64(p.num.Tnum.Value))
	case p.flags&flagUser != 0:
		m.fail("EACCES", "R%d is ptr_%s access user memory: off=%d", a.reg, name(), off)
	case p.flags&flagPercpu != 0:
		m.fail("EACCES", "R%d is ptr_%s access percpu memory: off=%d", a.reg, name(), off)
	default:
		return uint32(off + int64(p.num.Tnum.Value)), true
	}
	return 0, false
}

// storeTyped writes a field of an object.
func (m *machine) storeTyped(a *access, p *value, off uint32) bool {
	if p.flags&flagAlloc != 0 {
		_, ok := m.field(p.typ(), off, uint32(a.size), false)
		return ok
	}
	return m.storeObject(a, p, off)
}

// tagFlags are the flags that a pointer gets from the place where it was read.
func tagFlags(f *btf.Field) flags {
	var r flags
	if f.Union {
		r |= flagUntrusted
	}
	if f.Tags&btf.TagUser != 0 {
		r |= flagUser
	}
	if f.Tags&btf.TagPercpu != 0 {
		r |= flagPercpu
	}
	if f.Tags&btf.TagRCU != 0 {
		r |= flagRCU
	}
	return r
}

// inheritTrust decides what a pointer that was read through p may be trusted
// with. Walking loses trust, unless the kernel lists the field.
func (m *machine) inheritTrust(p *value, w *walk, f flags) flags {
	const trust = flagTrusted | flagAlloc | flagNonOwning | flagRCU
	switch {
	case !m.rules.trust: // unions and RCU mean nothing yet
		return f&^(flagUntrusted|flagRCU) | p.flags&flagUntrusted
	case p.flags&flagUntrusted != 0:
		return flagUntrusted
	case !p.isTrusted() && p.flags&flagRCU == 0:
		return f &^ trust
	case w.lists&listTrusted != 0:
		return f | flagTrusted
	case w.lists&listTrustedOrNull != 0:
		return f | flagTrusted | flagMaybeNull
	case !m.inRCU() || p.mayNull():
		return flagUntrusted
	case w.lists&listRCU != 0:
		return f | flagRCU
	case w.lists&listRCUOrNull != 0:
		return f&^flagUntrusted | flagRCU | flagMaybeNull
	case f&flagRCU != 0:
		return f | flagMaybeNull
	case f&(flagPercpu|flagUser) != 0:
		return f
	}
	return f &^ trust
}

// loadField sets a register to what was read of a field.
func (m *machine) loadField(dst *value, w *walk, p *value, f flags) {
	switch {
	case w.field.Kind == btf.FieldPointer && p.flags&flagAlloc == 0:
		*dst = typedPointer(typeRef{w.field.Type, w.typ.types}, f)
		if dst.mayNull() {
			dst.id = m.newID()
		}
	case w.field.Kind == btf.FieldOther && m.rules.untrustedMem && p.flags&flagAlloc == 0:
		*dst = pointer(kindMem)
		dst.flags = flagReadOnly | flagUntrusted
	default:
		*dst = unknown()
	}
}
