package absint

import (
	"github.com/bpflint/bpflint/absint/scalar"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Without CAP_PERFMON a program must not reach anything that it may not read,
// not even on paths that a processor only follows until it notices that it
// mispredicted a branch (Spectre v1). The machine therefore also walks the side
// of a decided branch that is never taken, and the path on which an offset that
// the kernel masks has become zero. Both are speculative: what is refused there
// is as bad as on a real path, unless the kernel puts a barrier in front of it.

// maskRules says how kernels differ in this.
type maskRules struct {
	barriers bool // a barrier makes up for what is refused on a speculative path
	names    bool // messages name the number or the pointer, whichever register it is in
}

func maskRulesFor(v linux.Release) maskRules {
	return maskRules{
		barriers: v.Has(linux.CapsBarriers),
		names:    v.Has(linux.CapsMaskNames) || !v.Has(linux.CapsMaskCopies),
	}
}

// speculation is what such runs keep about instructions. Its lists are by slot.
type speculation struct {
	masks   []mask
	barrier []barrier
}

// barrier says where the processor waits for the outcome of earlier branches.
// Speculative paths end there.
type barrier uint8

const (
	barrierBefore barrier = 1 << iota
	barrierAfter
)

// mask is how the kernel rewrites pointer arithmetic so that an offset out of
// bounds becomes zero. An instruction can be rewritten in one way only.
type mask struct {
	how   maskKind
	limit uint32 // the farthest that the pointer moves
}

type maskKind uint8

const (
	maskNegative maskKind = 1 << iota
	maskConstant
	maskSource // the offset is in the source register
	maskTarget
	maskNumber // no pointer is involved and nothing is rewritten
)

// masked tells whether arithmetic with a register needs a mask.
func (m *machine) masked(in *instr) bool {
	code := in.code()
	if m.rules.specV1 || !in.hasSrc() || code != cfg.AluADD && code != cfg.AluSUB {
		return false
	}
	return m.spec.barrier[m.here()]&barrierBefore == 0
}

// maskNumbers notes that an instruction works on numbers.
func (m *machine) maskNumbers(in *instr) outcome {
	if m.masked(in) && !m.setMask(mask{how: maskNumber}) {
		return m.refuseMask(in, maskPaths)
	}
	return next
}

// setMask reports false when the instruction needs another mask already.
func (m *machine) setMask(k mask) bool {
	old := &m.spec.masks[m.here()]
	if old.how != 0 && *old != k {
		return false
	}
	*old = k
	return true
}

// maskReason is why pointer arithmetic cannot be masked.
type maskReason uint8

const (
	maskOK maskReason = iota
	maskBounds
	maskType
	maskPaths
	maskLimit
	maskStack
)

// window is what is known of a mask before the pointer is moved.
type window struct {
	needed bool
	left   bool // the pointer moves towards lower addresses
	mask   mask
}

// openWindow looks at the pointer before it is moved, and queues the path on
// which the mask makes the offset zero; there dst is the pointer unmoved.
func (m *machine) openWindow(in *instr, ptr, off *value, ptrIsDst bool) (window, maskReason) {
	if !m.masked(in) {
		return window{}, maskOK
	}
	w := window{needed: !m.cur.speculative}
	fixed := off.num.IsConst()
	if w.needed {
		negative := off.num.SMin < 0
		if !fixed && negative != (off.num.SMax < 0) {
			return w, maskBounds
		}
		w.left = negative == (in.code() == cfg.AluADD)
		var reason maskReason
		if w.mask.limit, reason = m.reach(ptr, w.left); reason != maskOK {
			return w, reason
		}
		w.mask.how = maskKindOf(negative, fixed, ptrIsDst)
		m.rules.exactScalars = m.rules.exactScalars || !fixed
	}
	if !fixed && m.speculate(m.here()+1) == nil {
		return w, maskStack
	}
	return w, maskOK
}

func maskKindOf(negative, fixed, ptrIsDst bool) maskKind {
	k := maskTarget
	if ptrIsDst {
		k = maskSource
	}
	if negative {
		k |= maskNegative
	}
	if fixed {
		k |= maskConstant
	}
	return k
}

// closeWindow looks at the pointer after it was moved, which tells the mask.
func (m *machine) closeWindow(w *window, ptr *value) maskReason {
	if !w.needed {
		return maskOK
	}
	limit, reason := m.reach(ptr, w.left)
	if reason != maskOK {
		return reason
	}
	moved := int32(w.mask.limit - limit)
	w.mask.limit = uint32(max(moved, -moved))
	if !m.setMask(w.mask) {
		return maskPaths
	}
	return maskOK
}

// reach returns how far a pointer can go in one direction.
func (m *machine) reach(ptr *value, left bool) (uint32, maskReason) {
	var limit, end uint32
	switch ptr.kind {
	case kindStack:
		// The frame pointer is out of bounds but may start to the left.
		end = 8 * stackSlots
		if left {
			end++
		}
		limit = -(uint32(ptr.num.Tnum.Value) + uint32(ptr.off))
	case kindMapValue:
		end = m.maps[ptr.mapi].valueSize
		limit = uint32(ptr.num.UMax) + uint32(ptr.off)
		if left {
			limit = uint32(ptr.num.SMin) + uint32(ptr.off)
		}
	default:
		return 0, maskType
	}
	if limit >= end {
		return 0, maskLimit
	}
	return limit, maskOK
}

// refuseMask rejects arithmetic that cannot be masked.
func (m *machine) refuseMask(in *instr, reason maskReason) outcome {
	const why = "pointer arithmetic with it prohibited for !root"
	verb := "sub"
	if in.code() == cfg.AluADD {
		verb = "add"
	}
	number, pointer := in.Src(), in.Dst()
	if m.rules.masks.names && m.reg(number).kind != kindScalar {
		number, pointer = pointer, number
	}
	switch reason {
	case maskBounds:
		return m.fail("EACCES", "R%d has unknown scalar with mixed signed bounds, %s", number, why)
	case maskType:
		return m.fail("EACCES", "R%d has pointer with unsupported alu operation, %s", pointer, why)
	case maskPaths:
		return m.fail("EACCES", "R%d tried to %s from different maps, paths or scalars, %s", in.Dst(), verb, why)
	case maskLimit:
		return m.fail("EACCES", "R%d tried to %s beyond pointer bounds, %s", in.Dst(), verb, why)
	}
	errno := "EACCES"
	if m.rules.masks.barriers {
		errno = "ENOMEM"
	}
	return m.fail(errno, "R%d could not be pushed for speculative verification, %s", in.Dst(), why)
}

// speculate queues a speculative path that is like the present one.
func (m *machine) speculate(at int32) *state {
	s := m.fork(at)
	if s != nil {
		s.speculative = true
	}
	return s
}

// mispredict queues the side of a decided branch that is not taken. What was
// compared is not known there.
func (m *machine) mispredict(in *instr, way scalar.Decision) bool {
	if m.rules.specV1 {
		return true
	}
	at := m.here() + 1
	if way == scalar.Never {
		at = in.to
	}
	s := m.speculate(at)
	if s == nil {
		return false
	}
	s.top().regs[in.Dst()] = unknown()
	if in.hasSrc() {
		s.top().regs[in.Src()] = unknown()
	}
	return true
}

// spilling notes a store to the stack that a later load could pass by
// (Spectre v4). Newer kernels order the two, which ends speculation.
func (m *machine) spilling(a *access, s *slot, last int, pointer bool) {
	if m.rules.specV4 || !m.rules.masks.barriers {
		return
	}
	for i := 0; i < int(a.size) && !pointer; i++ {
		b := s.bytes[last-i]
		pointer = b != byteMisc && b != byteZero
	}
	if pointer {
		m.spec.barrier[m.here()] |= barrierAfter
	}
}

// blocked reports whether a speculative path ends before an instruction.
func (m *machine) blocked(at int32) bool {
	return m.cur.speculative && m.spec.barrier[at]&barrierBefore != 0
}

// settle decides what the outcome of an instruction means on a speculative
// path: with a barrier in front of it nothing bad happens, and behind one that
// the kernel has to have there the path ends.
func (m *machine) settle(at int32, out outcome) outcome {
	switch {
	case out == failed && m.rules.masks.barriers && m.recoverable():
		m.spec.barrier[at] |= barrierBefore
		m.spec.masks[at] = mask{}
		m.verdict, m.errno, m.messages = Accept, "", m.messages[:0]
		return ended
	case out != failed && m.spec.barrier[at]&barrierAfter != 0:
		return ended
	}
	return out
}

// recoverable tells refusals of an instruction from limits of the kernel.
func (m *machine) recoverable() bool {
	if m.verdict != Reject || m.err != nil {
		return false
	}
	return m.errno == "EACCES" || m.errno == "EINVAL" || m.errno == "EPERM"
}
