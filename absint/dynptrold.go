package absint

// Before Linux 6.3 a dynptr on the stack was two slots that helpers refuse when
// a byte of them was overwritten, and nothing else: stores to it and slices of
// it were not tracked. Such a dynptr is marked by looseDynptr in value.frame.
const looseDynptr = 1

// dynptrSlot finds the first slot of a dynptr.
func (m *machine) dynptrSlot(p *value) (n int, ok bool) {
	if m.rules.kfuncs.dynptrs {
		return m.slotOf(p, "dynptr", dynptrSlots)
	}
	n = (-int(p.off) - 1) / 8
	return n, p.off < 0 && n+1 >= dynptrSlots
}

func (m *machine) looseDynptrArg(i int, use dynptrUse, got *dynptrRef) bool {
	p := m.reg(uint8(i + 1))
	if p.kind == kindDynptr {
		return true
	}
	if p.off%8 != 0 {
		m.fail("EINVAL", "cannot pass in dynptr at an offset")
		return false
	}
	n, ok := m.dynptrSlot(p)
	ok = ok && m.onStack(p.frame, n)
	slots := m.cur.frames[p.frame].stack.slots
	if use.fills {
		if ok && (slots[n].holds(byteDynptr) || slots[n-1].holds(byteDynptr)) {
			m.fail("EINVAL", "Dynptr has to be an uninitialized dynptr")
			return false
		}
		return m.makeLooseDynptr(uint8(i+1), use)
	}
	if !ok || !m.cur.frames[p.frame].stack.isDynptr(n) {
		m.fail("EINVAL", "Expected an initialized dynptr as arg #%d", i+1)
		return false
	}
	d := slots[n].spill // these kernels do not notice that the slots are read
	if use.kind != dynptrNone && dynptrKind(d.size) != use.kind {
		m.fail("EINVAL", "Expected a dynptr of type %s as arg #%d", dynptrNames[use.kind], i+1)
		return false
	}
	*got = dynptrRef{kind: dynptrKind(d.size), ref: d.ref}
	return true
}

func (m *machine) makeLooseDynptr(r uint8, use dynptrUse) bool {
	if !m.overwriteSlots(r, dynptrSlots) {
		return false
	}
	p := m.reg(r)
	n, ok := m.dynptrSlot(p)
	if !ok || !m.onStack(p.frame, n) {
		return m.failErrno("EINVAL") != failed
	}
	d := none
	d.size, d.frame = uint32(use.kind), looseDynptr
	if use.kind.held() {
		if d.ref = m.acquire(); d.ref == 0 {
			return false
		}
	}
	m.setObject(p.frame, n, dynptrSlots, byteDynptr, d)
	m.slotsOf(p.frame)[n].spill.rng = 1
	return true
}
