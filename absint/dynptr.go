package absint

import "github.com/bpflint/bpflint/internal/linux"

// dynptrKind is what a dynptr points to.
type dynptrKind uint8

const (
	dynptrNone dynptrKind = iota
	dynptrLocal
	dynptrRingbuf
	dynptrSkb
	dynptrXDP
	dynptrSkbMeta
	dynptrFile
)

// dynptrNames are the words of the kernel's messages.
var dynptrNames = [...]string{"<invalid>", "local", "ringbuf", "skb", "xdp", "skb_meta", "file"}

// held reports whether such a dynptr must be given back.
func (k dynptrKind) held() bool { return k == dynptrRingbuf || k == dynptrFile }

// isPacket reports whether such a dynptr's memory may move with the packet.
func (k dynptrKind) isPacket() bool { return k == dynptrSkb || k == dynptrXDP || k == dynptrSkbMeta }

// dynptrSlots is the size of a dynptr in stack slots.
const dynptrSlots = 2

// dynptrRef is what is known of a dynptr that a call got.
type dynptrRef struct {
	kind dynptrKind
	id   uint32
	ref  uint32
}

// dynptrUse says what a function does to a dynptr.
type dynptrUse struct {
	kind     dynptrKind // that is made or wanted, none for any
	fills    bool
	readOnly bool // it does not change or destroy the dynptr itself
	ref      uint32
	parent   uint32 // the resource that a new one is derived from
}

// dynptrArg checks a dynptr that is passed, or makes one.
func (m *machine) dynptrArg(i int, use dynptrUse, got *dynptrRef) bool {
	p := m.reg(uint8(i + 1))
	if !m.rules.kfuncs.dynptrs {
		return m.looseDynptrArg(i, use, got)
	}
	switch {
	case p.kind != kindStack && (p.kind != kindDynptr || p.flags != 0):
		m.fail("EINVAL", "%s expected pointer to stack or const struct bpf_dynptr", m.argName(i))
	case use.fills:
		return m.makeDynptr(i, use)
	case p.kind == kindDynptr && !m.rules.callbacks.constant:
		*got = dynptrRef{kind: dynptrLocal}
		return true
	case p.kind == kindDynptr && !use.readOnly && !m.rules.kfuncs.regs:
		m.fail("EINVAL", "cannot pass pointer to const bpf_dynptr, the helper mutates it")
	default:
		return m.useDynptr(i, use, got)
	}
	return false
}

func (m *machine) useDynptr(i int, use dynptrUse, got *dynptrRef) bool {
	p := m.reg(uint8(i + 1))
	d := p
	if p.kind == kindStack {
		n, ok := m.slotOf(p, "dynptr", dynptrSlots)
		if !ok || !m.onStack(p.frame, n) || !m.cur.frames[p.frame].stack.isDynptr(n) {
			m.fail("EINVAL", "Expected an initialized dynptr as %s", m.argPosition(i))
			return false
		}
		d = &m.cur.frames[p.frame].stack.slots[n].spill
		m.readObject(p.frame, n, dynptrSlots)
	}
	if use.kind != dynptrNone && dynptrKind(d.size) != use.kind {
		m.fail("EINVAL", "Expected a dynptr of type %s as %s", dynptrNames[use.kind], m.argPosition(i))
		return false
	}
	*got = dynptrRef{kind: dynptrKind(d.size), id: d.id, ref: d.ref}
	return true
}

// isDynptr reports whether a whole dynptr starts in slot n.
func (st *stack) isDynptr(n int) bool {
	return st.slots[n].bytes == dynptrBytes && st.slots[n-1].bytes == dynptrBytes && st.slots[n].spill.rng == 1
}

var dynptrBytes = [8]byteKind{
	byteDynptr, byteDynptr, byteDynptr, byteDynptr, byteDynptr, byteDynptr, byteDynptr, byteDynptr,
}

func (m *machine) makeDynptr(i int, use dynptrUse) bool {
	r := uint8(i + 1)
	p := m.reg(r)
	ok := p.kind == kindStack
	n := 0
	if ok {
		n, ok = m.slotOf(p, "dynptr", dynptrSlots)
	}
	if !ok {
		m.fail("EINVAL", "Dynptr has to be an uninitialized dynptr")
		return false
	}
	if !m.overwriteSlots(r, dynptrSlots) {
		return false
	}
	d := none
	d.size, d.ref = uint32(use.kind), use.ref
	if !m.rules.derivedRefs {
		d.id = m.newID()
	}
	if use.kind.held() && d.ref == 0 {
		if d.ref = m.acquireFrom(use.parent); d.ref == 0 {
			return false
		}
	}
	if m.rules.derivedRefs {
		d.id = m.newID()
	}
	m.setObject(p.frame, n, dynptrSlots, byteDynptr, d)
	m.slotsOf(p.frame)[n].spill.rng = 1
	return true
}

// destroyDynptr takes away the dynptr of which slot n of a frame is a part, as
// a store to it does. It refuses when the dynptr must be given back.
func (m *machine) destroyDynptr(frame uint8, n int) bool {
	slots := m.cur.frames[frame].stack.slots
	if slots[n].bytes[0] != byteDynptr || !m.rules.kfuncs.dynptrs {
		return true
	}
	if slots[n].spill.rng == 0 {
		n++
	}
	d := slots[n].spill
	if dynptrKind(d.size).held() && !(m.rules.kfuncs.cloned && m.isCloned(d.ref)) {
		m.fail("EINVAL", "cannot overwrite referenced dynptr")
		return false
	}
	m.setObject(frame, n, dynptrSlots, byteInvalid, none)
	m.voidSlices(d.id, !m.rules.kfuncs.cloned)
	return true
}

// destroyDynptrs does so for all bytes from lo to hi.
func (m *machine) destroyDynptrs(frame uint8, lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if !m.destroyDynptr(frame, (-i-1)/8) {
			return false
		}
	}
	return true
}

// noDynptrIn refuses to let a helper fill bytes that belong to a dynptr.
func (m *machine) noDynptrIn(frame uint8, lo, hi int) bool {
	slots := m.cur.frames[frame].stack.slots
	for i := lo; i < hi && m.rules.kfuncs.dynptrs; i++ {
		if n := (-i - 1) / 8; n < len(slots) && slots[n].bytes[(-i-1)%8] == byteDynptr {
			m.fail("EACCES", "potential write to dynptr at off=%d disallowed", i)
			return false
		}
	}
	return true
}

// isCloned reports whether several dynptrs are the same resource.
func (m *machine) isCloned(ref uint32) bool {
	count := 0
	m.eachObject(&m.cur, byteDynptr, func(_ uint8, _ int, s *slot) {
		if s.spill.rng == 1 && s.spill.ref == ref {
			count++
		}
	})
	return count > 1
}

// voidSlices takes away the slices of a dynptr; with plain only those that may
// be written and are no part of a packet.
func (m *machine) voidSlices(id uint32, plain bool) {
	m.eachValue(&m.cur, func(v *value) bool {
		return v.kind == kindMem && v.uid == id && !(plain && v.flags&^flagMaybeNull != 0)
	}, m.invalidate)
}

// giveBackDynptr releases the dynptr behind a register, its clones and slices.
func (m *machine) giveBackDynptr(r uint8) bool {
	p := m.reg(r)
	n, ok := m.dynptrSlot(p)
	if !ok {
		return m.failErrno("EINVAL") != failed
	}
	frame := p.frame
	d := m.cur.frames[frame].stack.slots[n].spill
	if !dynptrKind(d.size).held() {
		m.setObject(frame, n, dynptrSlots, byteInvalid, none)
		return true
	}
	m.giveBack(d.ref)
	m.eachObject(&m.cur, byteDynptr, func(f uint8, at int, s *slot) {
		if s.spill.ref == d.ref && s.spill.rng == 1 && (f == frame || m.rules.kfuncs.cloned) {
			m.setObject(f, at, dynptrSlots, byteInvalid, none)
		}
	})
	return true
}

// releasable checks that a helper may take a dynptr over.
func (m *machine) releasable(r uint8) bool {
	p := m.reg(r)
	switch {
	case m.rules.kfuncs.regs && p.kind != kindStack:
		m.fail("EINVAL", "CONST_PTR_TO_DYNPTR cannot be released")
		return false
	case m.rules.kfuncs.regs:
		return true // that it is one is checked with all others
	case p.kind != kindStack:
		m.fail("EINVAL", "cannot release unowned const bpf_dynptr")
		return false
	}
	n, ok := m.dynptrSlot(p)
	if !ok || !m.onStack(p.frame, n) || m.cur.frames[p.frame].stack.slots[n].spill.ref == 0 {
		m.fail("EINVAL", "arg %d is an unacquired reference", r)
		return false
	}
	return true
}

// kfuncDynptr checks the dynptr that a kfunc gets.
func (m *machine) kfuncDynptr(c *kfuncCall, a *kfuncArg, i int) bool {
	use := dynptrUse{fills: a.suffix == linux.SuffixUninit, readOnly: true}
	if use.fills {
		switch c.special {
		case kfuncDynptrFromSkb:
			use.kind = dynptrSkb
		case kfuncDynptrFromXDP:
			use.kind = dynptrXDP
		case kfuncDynptrFromSkbMeta:
			use.kind = dynptrSkbMeta
		case kfuncDynptrFromFile:
			use.kind, use.parent = dynptrFile, c.ref
		case kfuncDynptrClone:
			use.kind, use.ref = c.dynptr.kind, c.dynptr.ref
		default:
			return m.unsupported("dynptr made by "+c.name) != failed
		}
	}
	if c.special == kfuncDynptrFileDiscard {
		use.kind = dynptrFile
		if !m.releasable(uint8(i + 1)) {
			return false
		}
	}
	return m.dynptrArg(i, use, &c.dynptr)
}

// returnSlice makes R0 point to a part of a dynptr.
func (m *machine) returnSlice(c *kfuncCall, r0 *value) bool {
	*r0 = pointer(kindMem)
	r0.size, r0.uid = uint32(c.constant), c.dynptr.id
	if c.dynptr.kind.isPacket() {
		r0.flags |= flagSlice
	}
	if c.special == kfuncDynptrSlice {
		r0.flags |= flagReadOnly
		return true
	}
	if !m.mayWriteSlices() {
		m.fail("EINVAL", "the prog does not allow writes to packet data")
		return false
	}
	return true
}

// mayWriteSlices reports whether bpf_dynptr_slice_rdwr is for programs of this
// type.
func (m *machine) mayWriteSlices() bool { return m.hook.Packet == linux.PacketWrite }

// writesPacket reports whether bpf_dynptr_write to such a dynptr may move the
// packet.
func (k dynptrKind) writesPacket() bool { return k == dynptrSkb || k == dynptrSkbMeta }

// helperDynptr checks the dynptr that a helper gets.
func (m *machine) helperDynptr(c *helperCall, arg *linux.Arg, i int) bool {
	r := uint8(i + 1)
	use := dynptrUse{fills: arg.Has(linux.ArgUninit), readOnly: arg.Has(linux.ArgReadOnly)}
	switch {
	case arg.Has(linux.ArgDynptrLocal):
		use.kind = dynptrLocal
	case arg.Has(linux.ArgDynptrRingbuf):
		use.kind = dynptrRingbuf
	}
	if arg.Has(linux.ArgRelease) {
		if !m.releasable(r) {
			return false
		}
		c.releasedDynptr = r
	}
	return m.dynptrArg(i, use, &c.dynptr)
}
