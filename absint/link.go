package absint

import (
	"github.com/bpflint/bpflint/absint/precision"
	"github.com/bpflint/bpflint/absint/scalar"
)

// linkSet collects the scalars that are tied to the operands of a comparison.
type linkSet struct {
	members [precision.MaxLinked]member
	n       int
}

// member names a register or a stack slot.
type member struct {
	frame int32
	index int
	isReg bool
}

func (l *linkSet) reset() { l.n = 0 }

// collectLinked adds all scalars that are tied to v. Those that do not fit are
// untied: what is learnt about v then is not known of them.
func (m *machine) collectLinked(v *value) {
	if v.kind != kindScalar || v.id == 0 {
		return
	}
	id := v.id
	for i := m.cur.depth; i >= 0; i-- {
		f := m.cur.frames[i]
		for r := range f.regs {
			if f.regs[r].kind == kindScalar && f.regs[r].id == id && !m.linked.add(member{i, r, true}) {
				m.heap.own(&m.cur, i).regs[r].unlink()
			}
		}
		for n := range f.stack.slots {
			sl := &f.stack.slots[n]
			if sl.isScalarSpill() && sl.spill.id == id && !m.linked.add(member{i, n, false}) {
				m.heap.ownStack(m.heap.own(&m.cur, i), 0).slots[n].spill.unlink()
			}
		}
	}
}

func (l *linkSet) add(e member) bool {
	if l.n == len(l.members) {
		return false
	}
	l.members[l.n] = e
	l.n++
	return true
}

// recordLinked notes which scalars learn from each other at the present
// instruction, for walking the path backward.
func (m *machine) recordLinked() {
	if m.linked.n < 2 {
		return
	}
	var packed precision.Linked
	for _, e := range m.linked.members[:m.linked.n] {
		packed = packed.Add(e.frame, e.index, e.isReg)
	}
	m.eventHere().step.Linked = packed
}

// syncLinked passes on what was learnt about known, a register of s, to the
// collected scalars that are tied to it.
func (m *machine) syncLinked(s *state, known *value) {
	if known.kind != kindScalar || known.id == 0 {
		return
	}
	k := *known
	for _, e := range m.linked.members[:m.linked.n] {
		v := m.heap.peek(s, e)
		if v == known || v.kind != kindScalar || v.id != k.id {
			continue
		}
		m.derive(m.heap.at(s, e), &k)
	}
}

// derive sets a scalar to what follows from one that it is tied to. Some releases
// then take the two for equal, although they remember the distance.
func (m *machine) derive(v, known *value) {
	if v.link != linkSame && known.link != linkSame && v.link != known.link {
		return
	}
	if v.link == linkSame && known.link == linkSame || v.off == known.off {
		*v = *known
		return
	}
	off, link := v.off, v.link
	if !m.rules.linksKept {
		link = known.link
	}
	delta := constant(uint64(int64(off) - int64(known.off)))
	v.num = known.num
	if link == linkAdd32 || known.link == linkAdd32 {
		scalar.Alu32(scalar.Add, &v.num, &delta.num, m.num)
	} else {
		scalar.Alu64(scalar.Add, &v.num, &delta.num, m.num)
	}
	v.off, v.link = off, link
}

// peek returns a register or spilled register of s for reading.
func (h *heap) peek(s *state, e member) *value {
	f := s.frames[e.frame]
	if e.isReg {
		return &f.regs[e.index]
	}
	return &f.stack.slots[e.index].spill
}

// at is peek for writing.
func (h *heap) at(s *state, e member) *value {
	f := h.own(s, e.frame)
	if e.isReg {
		return &f.regs[e.index]
	}
	return &h.ownStack(f, 0).slots[e.index].spill
}
