package scalar

import (
	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/cfg"
)

// Cond is the comparison of a conditional jump: the high half of its opcode.
type Cond uint8

// Comparisons. Set holds when the operands have a bit in common, Unset when
// they have none.
const (
	Unset = Cond(0) // only as the negation of Set
	Eq    = Cond(cfg.JmpJEQ >> 4)
	Gt    = Cond(cfg.JmpJGT >> 4)
	Ge    = Cond(cfg.JmpJGE >> 4)
	Set   = Cond(cfg.JmpJSET >> 4)
	Ne    = Cond(cfg.JmpJNE >> 4)
	Sgt   = Cond(cfg.JmpJSGT >> 4)
	Sge   = Cond(cfg.JmpJSGE >> 4)
	Lt    = Cond(cfg.JmpJLT >> 4)
	Le    = Cond(cfg.JmpJLE >> 4)
	Slt   = Cond(cfg.JmpJSLT >> 4)
	Sle   = Cond(cfg.JmpJSLE >> 4)
)

// CondOf returns the comparison of a conditional jump.
func CondOf(i cfg.Insn) Cond { return Cond(i.Op >> 4) }

var negated = [16]Cond{
	Eq: Ne, Ne: Eq, Set: Unset, Unset: Set,
	Lt: Ge, Ge: Lt, Le: Gt, Gt: Le,
	Slt: Sge, Sge: Slt, Sle: Sgt, Sgt: Sle,
}

var flipped = [16]Cond{
	Eq: Eq, Ne: Ne, Set: Set, Unset: Unset,
	Lt: Gt, Gt: Lt, Le: Ge, Ge: Le,
	Slt: Sgt, Sgt: Slt, Sle: Sge, Sge: Sle,
}

// Negate returns the comparison that holds when c does not.
func (c Cond) Negate() Cond { return negated[c&15] }

// Flip returns the comparison of b with a that c is of a with b.
func (c Cond) Flip() Cond { return flipped[c&15] }

// Decision says which way a conditional jump can go.
type Decision uint8

// Decisions.
const (
	Either Decision = iota
	Always          // the jump is taken
	Never
)

func decide(holds bool) Decision {
	if holds {
		return Always
	}
	return Never
}

func (d Decision) not() Decision {
	switch d {
	case Always:
		return Never
	case Never:
		return Always
	}
	return Either
}

// Branch says what the kernel knows about the outcome of comparing dst with
// src, whole words or their lower halves. A comparison of a register with
// itself has dst and src point to the same value.
func Branch(c Cond, is32 bool, dst, src *Value, r *Rules) Decision {
	if dst == src && r.SameRegister {
		return c.reflexive(view(dst, is32))
	}
	if !r.CompareRanges {
		return c.withConst(dst, src, is32)
	}
	if d, final := c.compare(dst, src, is32); d != Either || final || !r.TrialRefinement {
		return d
	}
	return c.trial(is32, dst, src, r)
}

// operand is the part of a value that a comparison looks at.
type operand struct {
	bits       tnum.Tnum
	umin, umax uint64
	smin, smax int64
}

func view(v *Value, is32 bool) operand {
	if is32 {
		return operand{
			v.Tnum.Subreg(), uint64(v.Low.UMin), uint64(v.Low.UMax),
			int64(v.Low.SMin), int64(v.Low.SMax),
		}
	}
	return operand{v.Tnum, v.UMin, v.UMax, v.SMin, v.SMax}
}

func viewConst(c uint64, is32 bool) operand {
	if is32 {
		return operand{tnum.Const(c), c, c, int64(int32(c)), int64(int32(c))}
	}
	return operand{tnum.Const(c), c, c, int64(c), int64(c)}
}

// reflexive compares a value with itself.
func (c Cond) reflexive(a operand) Decision {
	switch c {
	case Eq, Ge, Le, Sge, Sle:
		return Always
	case Ne, Gt, Lt, Sgt, Slt:
		return Never
	}
	switch { // Set: whether the value is not zero
	case a.bits.IsConst():
		return decide(a.bits.Value != 0)
	case a.smin <= 0 && a.smax >= 0:
		return Either
	}
	return Always
}

// withConst compares with a constant, as Linux before 6.8 does; other
// comparisons are not decided, nor is equality by ranges.
func (c Cond) withConst(dst, src *Value, is32 bool) Decision {
	k, ok := src.isConst(is32)
	if !ok {
		return Either
	}
	a, b := view(dst, is32), viewConst(k, is32)
	if (c == Eq || c == Ne) && !a.bits.IsConst() {
		return Either
	}
	return c.order(&a, &b)
}

// compare compares bits and ranges; final says that nothing else is tried.
func (c Cond) compare(dst, src *Value, is32 bool) (d Decision, final bool) {
	a, b := view(dst, is32), view(src, is32)
	if c == Set && !b.bits.IsConst() {
		if a, b = b, a; !b.bits.IsConst() {
			return Either, true
		}
	}
	d = c.order(&a, &b)
	if d == Either && (c == Eq || c == Ne) && !is32 && apart(&dst.Low, &src.Low) {
		d = decide(c == Ne)
	}
	return d, false
}

// order decides a comparison by what is known of its operands.
func (c Cond) order(a, b *operand) Decision {
	switch c {
	case Eq:
		return equal(a, b)
	case Ne:
		return equal(a, b).not()
	case Set:
		if a.bits.Value&b.bits.Value != 0 {
			return Always
		}
		if a.bits.Max()&b.bits.Value == 0 {
			return Never
		}
		return Either
	case Lt:
		return less(a.umin, a.umax, b.umin, b.umax)
	case Gt:
		return less(b.umin, b.umax, a.umin, a.umax)
	case Slt:
		return less(a.smin, a.smax, b.smin, b.smax)
	case Sgt:
		return less(b.smin, b.smax, a.smin, a.smax)
	case Ge, Le, Sge, Sle:
		return c.Negate().order(a, b).not()
	}
	return Either
}

// less says whether each word of the first range is below each of the second.
func less[T uint64 | int64](alo, ahi, blo, bhi T) Decision {
	switch {
	case ahi < blo:
		return Always
	case alo >= bhi:
		return Never
	}
	return Either
}

func equal(a, b *operand) Decision {
	switch {
	case a.bits.IsConst() && b.bits.IsConst():
		return decide(a.bits == b.bits)
	case !a.bits.Overlaps(b.bits),
		a.umin > b.umax, a.umax < b.umin,
		a.smin > b.smax, a.smax < b.smin:
		return Never
	}
	return Either
}

// apart reports whether two ranges have no word in common in either order.
func apart[U uint32 | uint64, S int32 | int64](g, h *Range[U, S]) bool {
	return g.UMin > h.UMax || g.UMax < h.UMin || g.SMin > h.SMax || g.SMax < h.SMin
}

// trial refines copies of the operands for both ways; a way on which they have
// no word left is dead.
func (c Cond) trial(is32 bool, dst, src *Value, r *Rules) Decision {
	if c.Negate().dead(is32, *dst, *src, r) {
		return Always
	}
	if c.dead(is32, *dst, *src, r) {
		return Never
	}
	return Either
}

func (c Cond) dead(is32 bool, a, b Value, r *Rules) bool {
	c.refine(is32, &a, &b, r)
	a.Sync(r)
	b.Sync(r)
	return a.arcsVoid() || b.arcsVoid()
}

func (v *Value) arcsVoid() bool { return v.Range64.arc.isVoid() || v.Low.arc.isVoid() }
