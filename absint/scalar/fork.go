package scalar

// Fork reports whether the kernel explores an operation on v twice, once for
// each of the only words that v can be: zero and all ones, as an arithmetic
// shift of the sign makes them. It returns v for either case; the path on which
// v is zero is kept for later and comes back to the same instruction.
func (v *Value) Fork(op Op, src *Value, r *Rules) (zero, ones Value, ok bool) {
	if !r.SignBitFork || op != And && op != Or || !src.IsConst() {
		return
	}
	switch {
	case v.SMin == -1 && v.SMax == 0:
		return Const(0), Const(^uint64(0)), true
	case v.Low.SMin == -1 && v.Low.SMax == 0:
		zero, ones = *v, *v
		zero.setConst32(0)
		ones.setConst32(^uint32(0))
		return zero, ones, true
	}
	return
}
