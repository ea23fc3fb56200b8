package absint

// kfuncIRQFlag saves interrupts to a slot of the stack, or restores them from
// one. Those that were saved last are restored first.
func (m *machine) kfuncIRQFlag(c *kfuncCall, i int) bool {
	r := uint8(i + 1)
	p := m.reg(r)
	if p.kind != kindStack {
		m.fail("EINVAL", "%s doesn't point to an irq flag on stack", m.argName(i))
		return false
	}
	n, ok := m.slotOf(p, "irq_flag", 1)
	used := ok && m.onStack(p.frame, n)
	if c.special == kfuncIRQSave {
		if !ok || used && m.cur.frames[p.frame].stack.slots[n].holds(byteIRQ) {
			m.fail("EINVAL", "expected uninitialized irq flag as %s", m.argName(i))
			return false
		}
		return m.saveIRQ(r, p.frame, n)
	}
	if !used || m.cur.frames[p.frame].stack.slots[n].bytes != irqBytes {
		m.fail("EINVAL", "expected an initialized irq flag as %s", m.argName(i))
		return false
	}
	m.readObject(p.frame, n, 1)
	return m.restoreIRQ(p.frame, n)
}

var irqBytes = [8]byteKind{byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ}

func (m *machine) saveIRQ(r, frame uint8, n int) bool {
	if !m.overwriteSlots(r, 1) {
		return false
	}
	flag := none
	flag.ref = m.newID()
	m.cur.sections.irq = flag.ref
	m.setObject(frame, n, 1, byteIRQ, flag)
	return m.hold(resource{kind: refIRQ, id: flag.ref, mapi: -1})
}

func (m *machine) restoreIRQ(frame uint8, n int) bool {
	s := &m.cur
	id := s.frames[frame].stack.slots[n].spill.ref
	before, at, top := uint32(0), int32(-1), int32(0)
	for i := int32(0); i < s.nrefs; i++ {
		h := &s.refs[i]
		if h.kind != refIRQ {
			continue
		}
		if h.id == id {
			at = i
		} else if h.id < id {
			before = max(before, h.id)
		}
		if h.id == s.sections.irq {
			top = h.insn
		}
	}
	if id != s.sections.irq || at < 0 {
		m.fail("EACCES", "cannot restore irq state out of order, expected id=%d acquired at insn_idx=%d", s.sections.irq, top)
		return false
	}
	s.dropRef(at)
	s.sections.irq = before
	m.setObject(frame, n, 1, byteInvalid, none)
	return true
}
