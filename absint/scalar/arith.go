package scalar

// Ranges of sums, differences and products. Operations on a Value compute both
// widths and the bits, each from its own operands; Sync relates them.

func (v *Value) add(w *Value, r *Rules) {
	v.Low.add(&w.Low, r.UniformCarry, r)
	v.Range64.add(&w.Range64, r.UniformCarry, r)
	v.Tnum = v.Tnum.Add(w.Tnum)
}

func (v *Value) sub(w *Value, r *Rules) {
	v.Low.sub(&w.Low, r.UniformCarry, r)
	v.Range64.sub(&w.Range64, r.UniformCarry, r)
	v.Tnum = v.Tnum.Sub(w.Tnum)
}

func (v *Value) mul(w *Value, r *Rules) {
	v.Tnum = mulTnum(v.Tnum, w.Tnum, r)
	v.Low.mul(&w.Low, r)
	v.Range64.mul(&w.Range64, r)
}

// add bounds the sums. With uniform, bounds that both overflow are kept: then
// every sum does, and they stay in order.
func (g *Range[U, S]) add(h *Range[U, S], uniform bool, r *Rules) {
	if r.CircularRanges {
		*g = read[U, S](g.arc.plus(h.arc))
		return
	}
	slo, shi := g.SMin+h.SMin, g.SMax+h.SMax
	if (slo < g.SMin) != (h.SMin < 0) || (shi < g.SMax) != (h.SMax < 0) {
		slo, shi = limits[U, S]()
	}
	ulo, uhi := g.UMin+h.UMin, g.UMax+h.UMax
	first, last := ulo < g.UMin, uhi < g.UMax
	if first != last || last && !uniform {
		ulo, uhi = 0, ^U(0)
	}
	g.UMin, g.UMax, g.SMin, g.SMax = ulo, uhi, slo, shi
}

// sub bounds the differences; uniform is as for add.
func (g *Range[U, S]) sub(h *Range[U, S], uniform bool, r *Rules) {
	if r.CircularRanges {
		*g = read[U, S](g.arc.minus(h.arc))
		return
	}
	slo, shi := g.SMin-h.SMax, g.SMax-h.SMin
	if (slo > g.SMin) != (h.SMax < 0) || (shi > g.SMax) != (h.SMin < 0) {
		slo, shi = limits[U, S]()
	}
	first, last := g.UMin < h.UMax, g.UMax < h.UMin
	ulo, uhi := g.UMin-h.UMax, g.UMax-h.UMin
	if first && !(last && uniform) {
		ulo, uhi = 0, ^U(0)
	}
	g.UMin, g.UMax, g.SMin, g.SMax = ulo, uhi, slo, shi
}

// mul bounds the products.
func (g *Range[U, S]) mul(h *Range[U, S], r *Rules) {
	if !r.SignedProducts {
		g.mulSmall(h)
		return
	}
	ulo, fits1 := mulU(g.UMin, h.UMin)
	uhi, fits2 := mulU(g.UMax, h.UMax)
	if !fits1 || !fits2 {
		ulo, uhi = 0, ^U(0)
	}
	slo, shi := g.signedProducts(h)
	if r.CircularRanges {
		*g = read[U, S](arcUnsigned(ulo, uhi).meet(arcSigned[U](slo, shi)))
		return
	}
	g.UMin, g.UMax, g.SMin, g.SMax = ulo, uhi, slo, shi
}

// signedProducts returns the extremes of the four products of bounds.
func (g *Range[U, S]) signedProducts(h *Range[U, S]) (S, S) {
	a, fits1 := mulS[U](g.SMin, h.SMin)
	b, fits2 := mulS[U](g.SMin, h.SMax)
	c, fits3 := mulS[U](g.SMax, h.SMin)
	d, fits4 := mulS[U](g.SMax, h.SMax)
	if !(fits1 && fits2 && fits3 && fits4) {
		return limits[U, S]()
	}
	return min(a, b, c, d), max(a, b, c, d)
}

// mulSmall bounds the products of factors that are not negative and fit half of
// a word, and gives up all others.
func (g *Range[U, S]) mulSmall(h *Range[U, S]) {
	half := halfWord[U]()
	if g.SMin < 0 || h.SMin < 0 || g.UMax > half || h.UMax > half {
		*g = full[U, S]()
		return
	}
	g.UMin *= h.UMin
	g.UMax *= h.UMax
	g.SMin, g.SMax = limits[U, S]()
	if S(g.UMax) >= 0 {
		g.SMin, g.SMax = S(g.UMin), S(g.UMax)
	}
}

// halfWord returns the largest number of half as many bits as U has.
func halfWord[U uint32 | uint64]() U {
	if uint64(^U(0)) > 1<<32 {
		return U(uint64(1)<<32 - 1)
	}
	return 1<<16 - 1
}
