package scalar

// Ranges of bitwise operations follow mostly from the bits of the result, which
// are computed first.

func (v *Value) and(w *Value, r *Rules) {
	v.Tnum = v.Tnum.And(w.Tnum)
	v.Low.and(&w.Low, uint32(v.Tnum.Value), r)
	v.Range64.and(&w.Range64, v.Tnum.Value, r)
	v.pinKnown()
}

func (v *Value) or(w *Value, r *Rules) {
	v.Tnum = v.Tnum.Or(w.Tnum)
	v.Low.or(&w.Low, uint32(v.Tnum.Max()), r)
	v.Range64.or(&w.Range64, v.Tnum.Max(), r)
	v.pinKnown()
}

func (v *Value) xor(w *Value, r *Rules) {
	v.Tnum = v.Tnum.Xor(w.Tnum)
	v.Low.xor(&w.Low, uint32(v.Tnum.Value), uint32(v.Tnum.Max()), r)
	v.Range64.xor(&w.Range64, v.Tnum.Value, v.Tnum.Max(), r)
	v.pinKnown()
}

// pinKnown takes the ranges of a result whose bits are known from these.
func (v *Value) pinKnown() {
	if v.IsConst32() {
		v.Low = only[uint32, int32](uint32(v.Tnum.Value))
	}
	if v.IsConst() {
		v.Range64 = only[uint64, int64](v.Tnum.Value)
	}
}

// and: a conjunction is at least the bits known to be set, and at most either
// operand.
func (g *Range[U, S]) and(h *Range[U, S], ones U, r *Rules) {
	g.setBitwise(h, ones, min(g.UMax, h.UMax), r)
}

// or: a disjunction is at least either operand, and at most the bits that can
// be set.
func (g *Range[U, S]) or(h *Range[U, S], top U, r *Rules) {
	g.setBitwise(h, max(g.UMin, h.UMin), top, r)
}

func (g *Range[U, S]) xor(h *Range[U, S], ones, top U, r *Rules) {
	g.setBitwise(h, ones, top, r)
}

// setBitwise makes lo and hi the unsigned bounds. Before the signed bounds were
// read off these (SignFromRange), they survived if no operand was negative.
func (g *Range[U, S]) setBitwise(h *Range[U, S], lo, hi U, r *Rules) {
	if r.SignFromRange || g.SMin < 0 || h.SMin < 0 {
		negative := !r.SignFromRange
		*g = unsigned[U, S](lo, hi, r)
		if negative {
			g.SMin, g.SMax = limits[U, S]()
		}
		return
	}
	g.UMin, g.UMax = lo, hi
	g.SMin, g.SMax = S(lo), S(hi)
}
