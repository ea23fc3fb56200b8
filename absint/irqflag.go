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
	onStack := ok && m.onStack(p.frame, n)
	if c.special == kfuncIRQSave || c.special == kfuncResLockSave {
		if !ok || onStack && m.cur.frames[p.frame].stack.slots[n].holds(byteIRQ) {
			m.fail("EINVAL", "expected uninitialized irq flag as %s", m.argName(i))
			return false
		}
		return m.saveIRQ(r, p.frame, n, irqClassOf(c))
	}
	if !onStack || m.cur.frames[p.frame].stack.slots[n].bytes != irqBytes {
		m.fail("EINVAL", "expected an initialized irq flag as %s", m.argName(i))
		return false
	}
	m.readObject(p.frame, n, 1)
	saved, used := irqClass(m.cur.frames[p.frame].stack.slots[n].spill.size), irqClassOf(c)
	if saved != used {
		m.fail("EINVAL", "irq flag acquired by %s kfuncs cannot be restored with %s kfuncs", irqClasses[saved], irqClasses[used])
		return false
	}
	return m.restoreIRQ(p.frame, n)
}

var irqBytes = [8]byteKind{byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ, byteIRQ}

// irqClass is the sort of kfuncs that saved interrupts; the same sort has to
// restore them.
type irqClass uint32

const (
	irqByKfunc irqClass = iota
	irqByLock
)

var irqClasses = [...]string{irqByKfunc: "native", irqByLock: "lock"}

func irqClassOf(c *kfuncCall) irqClass {
	if resLocks[c.special].kind == refResLockIRQ {
		return irqByLock
	}
	return irqByKfunc
}

func (m *machine) saveIRQ(r, frame uint8, n int, class irqClass) bool {
	if !m.overwriteSlots(r, 1) {
		return false
	}
	flag := none
	flag.ref, flag.size = m.newID(), uint32(class)
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
	m.dropRef(s, at)
	s.sections.irq = before
	m.setObject(frame, n, 1, byteInvalid, none)
	return true
}
