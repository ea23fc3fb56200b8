package absint

// turn says how a loop goes round of which the kernel knows that it ends,
// whatever its body does: the states at such a place may be alike.
type turn uint8

const (
	turnNone     turn = iota
	turnMayGoto       // may_goto, which leaves the loop once its budget is used up
	turnCallback      // a helper or kfunc that calls a function again and again
	turnIterator      // the next function of an open-coded iterator
)

// loopKey names a loop as it is reached by one chain of calls: the call sites
// up to the outermost frame that is in a loop, and the loop.
type loopKey struct {
	calls [maxFrames]int32
	loop  int32 // from 1
}

// visit is one stay in a loop, from the first state remembered in it until all
// paths behind that state are finished.
//
// A path that comes back to an unfinished state which covers it may end there:
// what the rest of the loop does is looked at on the paths that are still to be
// finished. But until they are, nobody knows on which scalars they insist. So
// such a path is kept as a back edge. When the visit ends, what the states at
// the heads of the back edges insist on is carried to their tails, until no
// state changes any more. Until then states in the loop are compared as if every
// scalar mattered.
type visit struct {
	key       loopKey
	entry     *checkpoint // nil between two stays
	backEdges []backEdge
}

// backEdge is a path that was ended at a state of the same loop.
type backEdge struct {
	tail state
	head *checkpoint
}

// maxRounds bounds how often demands are carried over the back edges of a visit
// before all of their paths have to insist on everything.
const maxRounds = 64

// loops knows which loops there are and how they are being explored. It is
// empty for programs in which every loop has to be unrolled.
type loops struct {
	of        []int32 // by slot: the outermost loop that holds it, from 1
	visits    []visit
	backEdges int           // of all visits
	kept      []*checkpoint // evicted, but needed until a visit ends
}

// markTurn marks a slot at which loops go round. A state is remembered there
// each time.
func (m *machine) markTurn(at int32, t turn) {
	m.insns[at].turn = t
	m.insns[at].marks |= markJoin | markTarget | markForce
	m.findLoops()
	if t == turnCallback && m.loops.of[at] == 0 && m.rules.callbackLoops {
		m.loops.of[at] = int32(len(m.insns)) + at + 1 // a loop of its own
	}
}

// findLoops fills in loops.of.
func (m *machine) findLoops() {
	if m.loops.of != nil {
		return
	}
	m.loops.of = make([]int32, len(m.insns))
	forest := m.flow.Loops()
	for at := range m.loops.of {
		m.loops.of[at] = forest.Outermost(m.flow.BlockOf[at]) + 1
	}
}

// keyOf returns the loop that a state is in.
func (m *machine) keyOf(s *state) (k loopKey, ok bool) {
	if m.loops.of == nil {
		return k, false
	}
	for i := int32(0); i <= s.depth; i++ {
		at := s.resumesAt(i)
		if k.loop = m.loops.of[at]; k.loop != 0 {
			return k, true
		}
		k.calls[i] = at + 1
	}
	return k, false
}

// visitOf returns the visit that a state belongs to, nil for none.
func (m *machine) visitOf(s *state) *visit {
	if k, ok := m.keyOf(s); ok {
		for i := range m.loops.visits {
			if v := &m.loops.visits[i]; v.key == k {
				return v
			}
		}
	}
	return nil
}

// incomplete reports whether c is in a loop that has back edges, so that it is
// not known yet what the paths behind it insist on.
func (m *machine) incomplete(c *checkpoint) bool {
	if !m.rules.loopVisits {
		return c.inOpenLoop()
	}
	v := m.visitOf(&c.state)
	return v != nil && len(v.backEdges) > 0
}

// enterLoop begins a visit with a state that was just remembered.
func (m *machine) enterLoop(c *checkpoint) {
	k, ok := m.keyOf(&c.state)
	if !ok || !m.rules.loopVisits {
		return
	}
	v := m.visitOf(&c.state)
	if v == nil {
		m.loops.visits = append(m.loops.visits, visit{key: k})
		v = &m.loops.visits[len(m.loops.visits)-1]
	}
	if v.entry == nil {
		v.entry = c
	}
}

// leaveLoop ends the visit that began with c, all paths behind which are
// finished.
func (m *machine) leaveLoop(c *checkpoint) {
	v := m.visitOf(&c.state)
	if v == nil || v.entry != c {
		return
	}
	v.entry = nil
	if len(v.backEdges) == 0 {
		return
	}
	m.settleVisit(v)
	for i := range v.backEdges {
		m.heap.drop(&v.backEdges[i].tail)
	}
	m.loops.backEdges -= len(v.backEdges)
	v.backEdges = v.backEdges[:0]
	kept := m.loops.kept[:0]
	for _, c := range m.loops.kept {
		if m.incomplete(c) {
			kept = append(kept, c)
		} else {
			m.forget(c)
		}
	}
	m.loops.kept = kept
}

// settleVisit carries demands over the back edges of a visit until nothing changes.
func (m *machine) settleVisit(v *visit) {
	for range maxRounds {
		before := m.insisted
		for i := range v.backEdges {
			m.demandOf(v.backEdges[i].head)
			m.satisfy(&v.backEdges[i].tail)
		}
		if m.insisted == before {
			return
		}
	}
	for i := range v.backEdges {
		m.needEverything(&v.backEdges[i].tail)
	}
}

// converges reports whether going round once more from the present state adds
// nothing to what the unfinished state c goes through.
func (m *machine) converges(c *checkpoint, at int32) bool {
	if m.entersAnew(c) {
		return false
	}
	switch m.insns[at].turn {
	case turnMayGoto:
		return c.state.mayGotos != m.cur.mayGotos && m.covers(&c.state, &m.cur, within)
	case turnCallback:
		return m.covers(&c.state, &m.cur, within)
	case turnIterator:
		return m.iterating() && m.covers(&c.state, &m.cur, within)
	}
	return false
}

// closeLoop ends the present path at c, a state of a loop that is not finished
// or not settled. There is no visit when only a call that calls back goes round,
// in which some kernels see no loop; nothing is carried over its turns then.
func (m *machine) closeLoop(c *checkpoint) outcome {
	out := m.inherit(c)
	if !m.rules.loopVisits {
		m.closeTurn(c)
		return out
	}
	v := m.visitOf(&c.state)
	if v == nil {
		return out
	}
	v.backEdges = append(v.backEdges, backEdge{head: c})
	m.heap.clone(&v.backEdges[len(v.backEdges)-1].tail, &m.cur)
	m.loops.backEdges++
	return out
}

// turnBefore returns the newest unfinished state at a slot, other than the one
// given, that was reached by the same calls: the turn of the loop before this
// one.
func (m *machine) turnBefore(at int32, other *checkpoint) *checkpoint {
	for c := *m.bucket(at); c != nil; c = c.next {
		if c != other && c.open > 0 && c.state.insn == at && m.sameCalls(&c.state) {
			return c
		}
	}
	return nil
}

// widen forgets those scalars of next, a state that begins another turn of a
// loop, that changed since the turn before and on which nothing insists. Only so
// do loops with counters converge.
func (m *machine) widen(before *checkpoint, next *state) {
	if before == nil {
		return
	}
	for i := int32(0); i <= before.state.depth; i++ {
		old := before.state.frames[i]
		for r := range old.regs {
			precise := old.preciseRegs&(1<<r) != 0
			if m.widens(&old.regs[r], &next.frames[i].regs[r], precise) {
				m.heap.own(next, i).regs[r] = unknown()
			}
		}
		slots := next.frames[i].stack.slots
		for n := 0; n < min(len(old.stack.slots), len(slots)); n++ {
			precise := old.preciseSlots&(1<<n) != 0
			if old.stack.slots[n].isSpill() && slots[n].isSpill() &&
				m.widens(&old.stack.slots[n].spill, &slots[n].spill, precise) {
				slots = m.heap.ownStack(m.heap.own(next, i), 0).slots
				slots[n].spill = unknown()
			}
		}
	}
}

func (m *machine) widens(old, cur *value, precise bool) bool {
	return old.kind == kindScalar && cur.kind == kindScalar && !precise && m.rules.capBPF &&
		!old.num.Equal(&cur.num, m.num)
}

// stepMayGoto goes on behind the loop, and queues another turn of it.
func (m *machine) stepMayGoto(in *instr) outcome {
	m.jumps++
	at := m.here()
	side := m.fork(at + 1)
	if side == nil {
		return failed
	}
	side.mayGotos++
	m.widen(m.turnBefore(at, m.cur.parent), side)
	m.cur.insn = in.to
	return jumped
}
