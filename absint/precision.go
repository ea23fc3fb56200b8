package absint

import (
	"math/bits"

	"github.com/bpflint/bpflint/absint/precision"
)

// event is something that happened on a path which walking it backward needs
// to know: where control came from, what a memory access touched, which
// scalars learnt from each other. Events of one path form a list, so that forks
// share what happened before.
type event struct {
	step   precision.Step
	insn   int32
	prev   int32  // slot executed before
	before uint32 // the event before, 0 for none since the last remembered state
	length uint32 // events since then, this one included
}

type demand struct{ precision.Demand }

// beyond reports whether a slot is asked for that s had not used yet, which
// means that a store to it was not recognised.
func (d *demand) beyond(s *state) bool {
	for i := int32(0); i <= min(d.Frame, s.depth); i++ {
		if d.Slots[i]>>len(s.frames[i].stack.slots) != 0 {
			return true
		}
	}
	return false
}

// record notes that the present instruction did something. An instruction has
// one event.
func (m *machine) record(f precision.Flags, frame, slot int) {
	e := m.eventHere()
	if f&precision.Stack != 0 {
		e.step.Frame, e.step.Slot = uint8(frame), uint8(slot)
	}
	e.step.Flags |= f
}

func (m *machine) eventHere() *event {
	if m.event == 0 {
		m.trail = append(m.trail, event{
			insn: m.cur.insn, prev: m.cur.prev, before: m.cur.trail, length: m.trailLength() + 1,
		})
		m.event = uint32(len(m.trail) - 1)
		m.cur.trail = m.event
	}
	return &m.trail[m.event]
}

func (m *machine) trailLength() uint32 {
	if m.cur.trail == 0 {
		return 0
	}
	return m.trail[m.cur.trail].length
}

// needReg notes that what follows depends on the value of a scalar register.
func (m *machine) needReg(r uint8) {
	m.demand.Reset(m.cur.depth)
	m.demand.AddReg(r)
	m.satisfy(&m.cur)
}

// needSlot is needReg for a scalar on the stack.
func (m *machine) needSlot(frame uint8, slot int) {
	m.demand.Reset(m.cur.depth)
	m.demand.Slots[frame] |= 1 << slot
	m.satisfy(&m.cur)
}

// satisfy walks the path that led to end backward, from before the instruction
// that is next there, and marks in its remembered states all that m.demand turns
// out to need. Without CAP_BPF every scalar counts, and there is nothing to mark.
func (m *machine) satisfy(end *state) {
	d := &m.demand
	if !m.rules.capBPF || d.Empty() {
		return
	}
	at, after, present := end.insn, int32(-1), true
	for s := end; ; present = false {
		if !m.walkBack(s, at, after, present) {
			if !m.rules.tracking.Calls {
				end = s // what was marked before stays as it is
			}
			m.needEverything(end)
			return
		}
		if d.Empty() || s.parent == nil {
			break
		}
		after = s.first
		s = &s.parent.state
		if !m.rules.tracking.Pointers && d.beyond(s) {
			m.needEverything(s)
			return
		}
		m.markPrecise(s)
		if d.Empty() || s.prev < 0 {
			return
		}
		at = s.prev
	}
	if !d.Empty() {
		m.needEverything(end)
	}
}

var noStep precision.Step

// walkBack carries the demand over the part of the path that belongs to s,
// which ends with slot at. The present instruction itself does not count. It
// returns false when it loses track.
func (m *machine) walkBack(s *state, at, after int32, present bool) bool {
	e := s.trail
	for {
		if !present {
			step := &noStep
			if e != 0 && m.trail[e].insn == at {
				step = &m.trail[e].step
			}
			if !m.demand.Back(m.code, at, after, step, m.rules.tracking) {
				return false
			}
			if m.demand.Empty() {
				return true
			}
		}
		present = false
		if at == s.first && (e == 0 || m.trail[e].before == 0 && m.trail[e].insn == at) {
			return true
		}
		after = at
		if e != 0 && m.trail[e].insn == at {
			at, e = m.trail[e].prev, m.trail[e].before
		} else {
			at--
		}
		if at < 0 {
			return false
		}
	}
}

// markPrecise makes a remembered state insist on the scalars that are asked
// for. What it insists on already was followed before and is dropped.
func (m *machine) markPrecise(s *state) {
	d := &m.demand
	for i := d.Frame; i >= 0; i-- {
		f := s.frames[i]
		for r := range f.regs {
			if d.Regs[i]&(1<<r) != 0 && f.regs[r].kind != kindScalar {
				d.Regs[i] &^= 1 << r
			}
		}
		d.Regs[i] &^= f.preciseRegs
		f.preciseRegs |= d.Regs[i]

		for n := 0; d.Slots[i]>>n != 0; n++ {
			if n >= len(f.stack.slots) || !f.stack.slots[n].isScalarSpill() {
				d.Slots[i] &^= 1 << n
			}
		}
		d.Slots[i] &^= f.preciseSlots
		f.preciseSlots |= d.Slots[i]
		m.insisted += bits.OnesCount16(d.Regs[i]) + bits.OnesCount64(d.Slots[i])
	}
}

// needEverything makes all remembered states of the path to end insist on all
// their scalars.
func (m *machine) needEverything(end *state) {
	m.demand.Reset(0)
	for c := end.parent; c != nil; c = c.state.parent {
		for i := int32(0); i <= c.state.depth; i++ {
			f := c.state.frames[i]
			f.preciseRegs, f.preciseSlots = 1<<len(f.regs)-1, ^uint64(0)
		}
	}
}
