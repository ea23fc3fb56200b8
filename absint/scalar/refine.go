package scalar

import "github.com/bpflint/bpflint/absint/tnum"

// Refine narrows dst and src to what a conditional jump's outcome says about
// them. An immediate operand is a Const of the caller's that is given up; dst
// and src point to the same value if the instruction names one register twice.
func Refine(c Cond, is32, taken bool, dst, src *Value, r *Rules) {
	if !taken {
		c = c.Negate()
	}
	if !r.CompareRanges {
		c.refineByConst(is32, dst, src, r)
		return
	}
	if r.TrialRefinement && c.teachesNothing(is32, dst, src) {
		return
	}
	if dst == src && r.SameRegister { // learnt on copies, the second of which stays
		first := *dst
		c.refine(is32, &first, src, r)
	} else {
		c.refine(is32, dst, src, r)
		dst.Sync(r)
	}
	src.Sync(r)
	dst.checkBounds(r)
	src.checkBounds(r)
}

// teachesNothing says that a comparison was not tried: bits in common, of two
// values that are not known, or of a value with itself.
func (c Cond) teachesNothing(is32 bool, dst, src *Value) bool {
	if c != Set && c != Unset {
		return false
	}
	_, known1 := dst.isConst(is32)
	_, known2 := src.isConst(is32)
	return dst == src || !known1 && !known2
}

// refine learns from a comparison that holds between a and b.
func (c Cond) refine(is32 bool, a, b *Value, r *Rules) {
	switch c {
	case Ge, Gt, Sge, Sgt:
		c, a, b = c.Flip(), b, a
	}
	switch c {
	case Lt, Le, Slt, Sle:
		below := ordering{c == Lt || c == Slt, c == Slt || c == Sle}
		if is32 {
			refineOrder(below, &a.Low, &b.Low, r)
		} else {
			refineOrder(below, &a.Range64, &b.Range64, r)
		}
	case Eq:
		refineEqual(is32, a, b, r)
	case Ne, Set, Unset:
		k, ok := b.isConst(is32)
		if !ok {
			a, b = b, a
			if k, ok = b.isConst(is32); !ok {
				return
			}
		}
		c.refineConst(is32, a, k, r)
	}
}

// refineEqual gives both values what either knows.
func refineEqual(is32 bool, a, b *Value, r *Rules) {
	if is32 {
		a.Low.meet(&b.Low, r)
		b.Low = a.Low
		low := a.Tnum.Subreg().Intersect(b.Tnum.Subreg())
		a.Tnum = a.Tnum.WithSubreg(low)
		b.Tnum = b.Tnum.WithSubreg(low)
		return
	}
	a.Range64.meet(&b.Range64, r)
	b.Range64 = a.Range64
	a.Tnum = a.Tnum.Intersect(b.Tnum)
	b.Tnum = a.Tnum
}

// refineConst learns from Ne, Set or Unset with a constant.
func (c Cond) refineConst(is32 bool, v *Value, k uint64, r *Rules) {
	switch c {
	case Ne:
		if is32 {
			v.Low.exclude(uint32(k), r)
		} else {
			v.Range64.exclude(k, r)
		}
	case Set:
		if k&(k-1) == 0 && k != 0 { // of several bits, any may be the one
			v.setBits(is32, tnum.Tnum.Or, k)
		}
	case Unset:
		if r.ForgetUnset {
			v.unbound()
		}
		v.setBits(is32, tnum.Tnum.And, ^k)
	}
}

// setBits combines the bits that a comparison of this width looks at with k.
func (v *Value) setBits(is32 bool, combine func(_, _ tnum.Tnum) tnum.Tnum, k uint64) {
	t := combine(v.Tnum, tnum.Const(k))
	if is32 {
		t = v.Tnum.WithSubreg(t)
	}
	v.Tnum = t
}

// exclude removes one word, which helps where it is at an end.
func (g *Range[U, S]) exclude(w U, r *Rules) {
	if r.CircularRanges {
		*g = read[U, S](g.arc.meet(arc[U]{w + 1, ^U(0) - 1}))
		return
	}
	if g.UMin == w {
		g.UMin++
	}
	if g.UMax == w {
		g.UMax--
	}
	if g.SMin == S(w) {
		g.SMin++
	}
	if g.SMax == S(w) {
		g.SMax--
	}
}

type ordering struct{ strict, signed bool }

// refineOrder learns from g being below h, or equal if not strict.
func refineOrder[U uint32 | uint64, S int32 | int64](o ordering, g, h *Range[U, S], r *Rules) {
	var step U
	if o.strict {
		step = 1
	}
	slo, shi := limits[U, S]()
	switch {
	case r.CircularRanges && o.signed:
		*g = read[U, S](g.arc.meet(arcSigned[U](slo, h.SMax-S(step))))
		*h = read[U, S](h.arc.meet(arcSigned[U](g.SMin+S(step), shi)))
	case r.CircularRanges:
		*g = read[U, S](g.arc.meet(arcUnsigned(0, h.UMax-step)))
		*h = read[U, S](h.arc.meet(arcUnsigned(g.UMin+step, ^U(0))))
	case o.signed:
		g.SMax = min(g.SMax, h.SMax-S(step))
		h.SMin = max(h.SMin, g.SMin+S(step))
	default:
		g.UMax = min(g.UMax, h.UMax-step)
		h.UMin = max(h.UMin, g.UMin+step)
	}
}

// refineByConst learns from a comparison as Linux before 6.8 does: with a
// constant on either side or, from equal whole words, what either knows.
func (c Cond) refineByConst(is32 bool, dst, src *Value, r *Rules) {
	if k, ok := src.isConst(is32); ok {
		c.refineOld(is32, dst, k, r)
	} else if k, ok := dst.isConst(is32); ok {
		c.Flip().refineOld(is32, src, k, r)
	} else if !is32 && c == Eq {
		refineEqual(false, dst, src, r)
		src.Sync(r)
		dst.Sync(r)
	}
}

func (c Cond) refineOld(is32 bool, v *Value, k uint64, r *Rules) {
	switch {
	case c == Eq && is32:
		v.setConst32(uint32(k))
	case c == Eq:
		v.SetConst(k)
	case c == Ne: // nothing to learn, but see below
	case c == Set, c == Unset:
		c.refineConst(is32, v, k, r)
	case is32:
		v.Low.bound(c, uint32(k))
	default:
		v.Range64.bound(c, k)
	}
	// The other width's ranges are derived anew, for better or worse.
	if is32 {
		if v.Tnum.ClearSubreg().Equals(0) {
			v.wideFromHalf(r)
		} else {
			v.Range64 = unknown.Range64
		}
	} else {
		v.lowFromFitting()
	}
	v.Sync(r)
}

// bound learns from an ordering with a constant.
func (g *Range[U, S]) bound(c Cond, k U) {
	slo, shi := limits[U, S]()
	switch c {
	case Lt:
		g.meetU(0, k-1)
	case Le:
		g.meetU(0, k)
	case Gt:
		g.meetU(k+1, ^U(0))
	case Ge:
		g.meetU(k, ^U(0))
	case Slt:
		g.meetS(slo, S(k)-1)
	case Sle:
		g.meetS(slo, S(k))
	case Sgt:
		g.meetS(S(k)+1, shi)
	case Sge:
		g.meetS(S(k), shi)
	}
}
