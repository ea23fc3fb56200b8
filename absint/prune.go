package absint

// checkpoint is a remembered state.
type checkpoint struct {
	state state
	next  *checkpoint // in machine.seen

	// open counts the paths behind the state that are not finished. Once it
	// is 0 the state is known to be safe.
	open    int32
	hits    int32
	misses  int32
	evicted bool // no longer in machine.seen, kept while paths are open
	cleaned bool // what is not live was forgotten

	// See loopentry.go.
	loop  *checkpoint // nil for none; may be the state itself
	heads bool        // some state's loop is this one
	level int32       // how many states were remembered on the path before
}

// When to remember a state, and for how long. These are the kernel's
// heuristics; the counts of processed instructions follow from them.
const (
	minJumps, minInsns         = 2, 8    // since the last remembered state
	loopJumps, loopInsns       = 20, 100 // the same, while a loop is being unrolled
	longTrail                  = 40      // events after which a state is remembered in any case
	missesPerHit               = 3
	missesPerHitAtForced       = 64
	maxStatesPerInsnUnprivileg = 64
)

// bucket returns the list in which states at a slot are remembered. States of
// different slots share lists as they do in the kernel, where the length of a
// list is part of the statistics and of a limit.
func (m *machine) bucket(at int32) **checkpoint {
	return &m.seen[uint32(at^m.top.callsite)%uint32(len(m.seen))]
}

// join compares the present state with those remembered at a join point. It
// returns ended when one of them covers it, and remembers it otherwise if that
// is worth while.
func (m *machine) join(at int32) outcome {
	forced := m.opts.StateFreq || m.insns[at].marks&markForce != 0 || m.trailLength() > longTrail
	add := forced || m.jumps-m.lastJumps >= minJumps && m.processed-m.lastProcessed >= minInsns

	m.forgetDead(at)
	length := 0
	for link := m.bucket(at); *link != nil; {
		c := *link
		length++
		if c.state.insn != at {
			link = &c.next
			continue
		}
		if c.open > 0 {
			if m.converges(c, at) {
				c.hits++
				if m.insns[at].turn == turnCallback && !m.rules.callbackLoops {
					return m.inherit(c)
				}
				return m.closeLoop(c)
			}
			if m.repeats(c, at) {
				m.at = int(m.cur.prev) // this one is not executed any more
				return m.fail("EINVAL", "infinite loop detected at insn %d", at)
			}
			if !forced && m.jumps-m.lastJumps < loopJumps && m.processed-m.lastProcessed < loopInsns {
				add = false
			}
		} else if m.incomplete(c) {
			if m.covers(&c.state, &m.cur, within) {
				c.hits++
				return m.closeLoop(c)
			}
		} else if m.covers(&c.state, &m.cur, loose) {
			c.hits++
			return m.inherit(c)
		}
		if add {
			c.misses++
		}
		if m.useless(c, at) {
			m.evict(link)
			continue
		}
		link = &c.next
	}
	m.stats.MaxStatesPerInsn = max(m.stats.MaxStatesPerInsn, length)
	if add && (m.rules.capBPF || length <= maxStatesPerInsnUnprivileg) {
		m.remember(at)
	}
	return next
}

// repeats reports whether the present path has come back to a state that lies on
// it without any change, and will do so forever.
func (m *machine) repeats(c *checkpoint, at int32) bool {
	if t := m.insns[at].turn; t == turnCallback || t == turnIterator || c.state.mayGotos != m.cur.mayGotos {
		return false
	}
	if c.state.turns != m.cur.turns || m.entersAnew(c) {
		return false
	}
	how := identical
	if !m.rules.exactLoops {
		how = loose
	}
	return c.state.depth == m.cur.depth && m.sameRegs(c.state.top(), m.top) && m.covers(&c.state, &m.cur, how)
}

// sameRegs reports whether two frames' registers are equal, ids included.
func (m *machine) sameRegs(a, b *frame) bool {
	for r := range a.regs {
		v, w := &a.regs[r], &b.regs[r]
		if v.id != w.id || v.ref != w.ref || v.kind != w.kind || v.flags != w.flags || v.link != w.link ||
			v.rng != w.rng || !v.sameTarget(w) || !v.num.Equal(&w.num, m.num) {
			return false
		}
	}
	return true
}

// inherit ends a path at a state that covers it: what that state insists on,
// the path's own remembered states have to insist on as well.
func (m *machine) inherit(c *checkpoint) outcome {
	if m.insns[m.cur.insn].marks&markTarget != 0 {
		m.record(0, 0, 0)
	}
	m.demandOf(c)
	m.satisfy(&m.cur)
	return ended
}

// demandOf asks for what a remembered state insists on.
func (m *machine) demandOf(c *checkpoint) {
	m.demand.Reset(c.state.depth)
	for i := int32(0); i <= c.state.depth; i++ {
		f := c.state.frames[i]
		m.demand.Regs[i], m.demand.Slots[i] = f.preciseRegs, f.preciseSlots
	}
}

// useless decides by the kernel's measure whether comparing with a state is
// worth the time.
func (m *machine) useless(c *checkpoint, at int32) bool {
	n := int32(missesPerHit)
	if m.insns[at].marks&markForce != 0 && c.open > 0 {
		n = missesPerHitAtForced
	}
	return c.misses > c.hits*n+n
}

// evict takes a state out of the list.
func (m *machine) evict(link **checkpoint) {
	c := *link
	*link = c.next
	c.evicted = true
	if c.open == 0 {
		m.release(c)
	}
}

// release frees a state without open paths that is in no list, unless back edges
// lead past it or to it.
func (m *machine) release(c *checkpoint) {
	if c.heads {
		return
	}
	if m.incomplete(c) {
		m.loops.kept = append(m.loops.kept, c)
		return
	}
	m.forget(c)
}

// forget frees a state that is in no list and that no path goes back to.
func (m *machine) forget(c *checkpoint) {
	m.states--
	m.heap.drop(&c.state)
	c.state.parent, c.next = nil, nil
	m.heap.points.put(c)
}

// remember stores the present state as the one that the path goes on from.
func (m *machine) remember(at int32) {
	m.stats.TotalStates++
	m.states++
	m.stats.PeakStates = max(m.stats.PeakStates, m.states)
	m.lastJumps, m.lastProcessed = m.jumps, m.processed
	if m.rules.lone {
		m.dropLoneIDs()
	}

	c := m.newCheckpoint()
	m.heap.clone(&c.state, &m.cur)
	for i := int32(0); i <= m.cur.depth; i++ {
		f := m.heap.own(&c.state, i) // marks are the checkpoint's own
		f.preciseRegs, f.preciseSlots = 0, 0
	}
	list := m.bucket(at)
	c.next, *list = *list, c
	if before := m.cur.parent; before != nil {
		c.level = before.level + 1
	}
	m.cur.parent, m.cur.trail, m.cur.first = c, 0, at
	m.enterLoop(c)
}

func (m *machine) newCheckpoint() *checkpoint {
	c := m.heap.points.get(nil)
	*c = checkpoint{open: 1}
	return c
}

// forgetDead drops from the finished states at a slot what no path behind them
// reads, which lets them cover more.
func (m *machine) forgetDead(at int32) {
	for c := *m.bucket(at); c != nil; c = c.next {
		if c.open > 0 || c.cleaned || c.state.insn != at || !m.sameCalls(&c.state) || m.incomplete(c) {
			continue
		}
		c.cleaned = true
		for i := int32(0); i <= c.state.depth; i++ {
			m.forgetDeadIn(&c.state, i)
		}
	}
}

func (m *machine) sameCalls(s *state) bool {
	if s.depth != m.cur.depth {
		return false
	}
	for i := int32(0); i <= s.depth; i++ {
		if s.frames[i].callsite != m.cur.frames[i].callsite {
			return false
		}
	}
	return true
}

func (m *machine) forgetDeadIn(s *state, i int32) {
	f := m.heap.own(s, i)
	live := m.insns[s.resumesAt(i)].live
	for r := 0; r < len(f.regs)-1; r++ {
		if live&(1<<r) == 0 {
			f.regs[r] = none
		}
	}
	dead := m.deadSlots(s, i)
	if dead.empty() {
		return
	}
	st := m.heap.ownStack(f, 0)
	for n := range st.slots {
		near, far := dead.near&(1<<n) != 0, dead.far&(1<<n) != 0
		switch {
		case near && far:
			st.slots[n] = slot{spill: none}
		case near || far:
			st.slots[n].forgetHalf(near)
		}
	}
}

// forgetHalf drops what one half of the slot holds.
func (s *slot) forgetHalf(near bool) {
	if s.isObject() {
		return
	}
	from, to := 0, 4
	if !near {
		from, to = 4, 8
		if s.bytes[3] == byteSpill {
			if s.spill.kind != kindScalar || s.spill.isNull() {
				return // what is left could not be told from its parts
			}
			for i := range s.bytes[:4] {
				if s.bytes[i] == byteSpill {
					s.bytes[i] = byteMisc
				}
			}
		}
		s.spill = none
	}
	for i := from; i < to; i++ {
		s.bytes[i] = byteInvalid
	}
}

// resumesAt returns the slot at which frame i of s goes on: the call that it
// is waiting for, or the next instruction.
func (s *state) resumesAt(i int32) int32 {
	if i == s.depth {
		return s.insn
	}
	return s.frames[i+1].callsite
}

// dropLoneIDs unties scalars whose id no other value has, so that a remembered
// state does not insist on an id that says nothing.
func (m *machine) dropLoneIDs() {
	s := &m.cur
	ids := m.pairs.counts[:0]
	for i := int32(0); i <= s.depth; i++ {
		f := s.frames[i]
		for r := range f.regs {
			ids = countID(ids, &f.regs[r])
		}
		for n := range f.stack.slots {
			if sl := &f.stack.slots[n]; sl.isSpill() {
				ids = countID(ids, &sl.spill)
			}
		}
	}
	m.pairs.counts = ids
	lone := false
	for _, c := range ids {
		lone = lone || c.n == 1
	}
	if lone {
		m.eachValue(s, m.pairs.isLone, (*value).unlink)
	}
}
