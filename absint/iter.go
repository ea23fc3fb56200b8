package absint

import (
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// States of an iterator, in value.rng.
const (
	iterActive  = 0
	iterDrained = 1 // its next function returned null, and will do so again
)

// iterRef is the iterator that a call works on.
type iterRef struct {
	frame uint8
	slot  int // the first, 1 more than the number; 0 for none
}

// iterName is how messages call iterators of a type.
func iterName(a *kfuncArg) string { return "iter_" + strings.TrimPrefix(a.typeName, "bpf_iter_") }

// kfuncIterator checks an iterator on the stack, and makes or destroys it.
func (m *machine) kfuncIterator(c *kfuncCall, a *kfuncArg, i int) bool {
	p := m.reg(uint8(i + 1))
	switch {
	case p.kind != kindStack:
		m.fail("EINVAL", "%s expected pointer to an iterator on stack", m.argName(i))
	case !strings.HasPrefix(a.typeName, "bpf_iter_"):
		m.fail("EINVAL", "expected valid iter pointer as %s", m.argPosition(i))
	case c.special == kfuncCSSTaskNew && !m.mayIterateCSSTasks():
		m.fail("EINVAL", "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs")
	case c.has(linux.KfuncIterNew):
		return m.makeIterator(c, a, i)
	default:
		return m.useIterator(c, a, i)
	}
	return false
}

func (m *machine) makeIterator(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	p := m.reg(r)
	n, ok := m.slotOf(p, "iter", a.slots)
	if ok && m.onStack(p.frame, n) {
		slots := m.cur.frames[p.frame].stack.slots
		for k := range a.slots {
			ok = ok && !slots[n-k].holds(byteIter)
		}
	}
	if !ok {
		m.fail("EINVAL", "expected uninitialized %s as %s", iterName(a), m.argPosition(i))
		return false
	}
	if !m.overwriteSlots(r, a.slots) {
		return false
	}
	it := none
	it.size = uint32(a.typ)
	if c.has(linux.KfuncRCUProtected) {
		it.flags = flagUntrusted
		if m.inRCU() {
			it.flags = flagRCU
		}
	}
	id := m.acquire()
	if id == 0 {
		return false
	}
	m.setObject(p.frame, n, a.slots, byteIter, it)
	m.slotsOf(p.frame)[n].spill.ref = id
	return true
}

// holds reports whether any byte of a slot is of a kind.
func (s *slot) holds(k byteKind) bool {
	for _, b := range s.bytes {
		if b == k {
			return true
		}
	}
	return false
}

func (m *machine) useIterator(c *kfuncCall, a *kfuncArg, i int) bool {
	p := m.reg(uint8(i + 1))
	n, ok := m.slotOf(p, "iter", a.slots)
	ok = ok && m.onStack(p.frame, n)
	for k := 0; ok && k < a.slots; k++ {
		s := &m.cur.frames[p.frame].stack.slots[n-k]
		if s.spill.flags&flagUntrusted != 0 && s.isObject() {
			m.fail("EPROTO", "expected an RCU CS when using %s", c.name)
			return false
		}
		ok = s.bytes == iterBytes && s.spill.size == uint32(a.typ) && (s.spill.ref != 0) == (k == 0)
	}
	if !ok {
		m.fail("EINVAL", "expected an initialized %s as %s", iterName(a), m.argPosition(i))
		return false
	}
	m.readObject(p.frame, n, a.slots)
	c.iter = iterRef{p.frame, n + 1}
	c.ref = m.cur.frames[p.frame].stack.slots[n].spill.ref
	if c.has(linux.KfuncIterDestroy) {
		m.giveBack(c.ref)
		m.setObject(p.frame, n, a.slots, byteInvalid, none)
	}
	return true
}

var iterBytes = [8]byteKind{byteIter, byteIter, byteIter, byteIter, byteIter, byteIter, byteIter, byteIter}

// iterator returns the slot of the iterator that a call worked on.
func (m *machine) iterator(c *kfuncCall) *value {
	return &m.cur.frames[c.iter.frame].stack.slots[c.iter.slot-1].spill
}

// iterate forks after a call of an iterator's next function: one side has an
// element and may go round the loop, the other has none.
func (m *machine) iterate(c *kfuncCall) bool {
	frame, n := c.iter.frame, c.iter.slot-1
	if m.iterator(c).rng == iterActive {
		side := m.fork(m.here() + 1)
		if side == nil {
			return false
		}
		m.heap.ownStack(m.heap.own(side, int32(frame)), 0).slots[n].spill.off++
		m.widen(m.turnBefore(m.here(), m.cur.parent), side)
		m.setNotNull(&side.top().regs[0])
	}
	m.slotsOf(frame)[n].spill.rng = iterDrained
	*m.reg(0) = constant(0)
	return true
}

// iterating reports whether the iterator that the present call of a next
// function gets is active: only then does it end some day.
func (m *machine) iterating() bool {
	p := m.reg(1)
	if p.kind != kindStack || !p.num.IsConst() {
		return false
	}
	off := int(p.off) + int(int64(p.num.Tnum.Value))
	n, slots := (-off-1)/8, m.cur.frames[p.frame].stack.slots
	return off < 0 && n < len(slots) && slots[n].bytes[7] == byteIter && slots[n].spill.rng == iterActive
}

// mayIterateCSSTasks reports whether the program may walk the tasks of a cgroup,
// which takes a lock that others hold in interrupts.
func (m *machine) mayIterateCSSTasks() bool {
	switch m.prog.Type {
	case ebpf.LSM:
		return true
	case ebpf.Tracing:
		return m.prog.AttachType == ebpf.AttachTraceIter || m.sleepable()
	}
	return m.sleepable()
}

// markIterator marks a call of an iterator's next function: loops go round
// there. It is no place where control comes from elsewhere.
func (m *machine) markIterator(at int32) {
	in := &m.insns[at]
	if in.fn < 0 || !m.kfuncs[in.fn].has(linux.KfuncIterNext) {
		return
	}
	marks := in.marks
	m.markTurn(at, turnIterator)
	in.marks = marks | markJoin | markForce
}
