package scalar

// SetSum sets v to known+delta, which is what the kernel does to a register
// that is linked to one of which it learnt something. A sum of 32 bits is
// zero-extended where the kernel deduces anything from the sum at all.
func (v *Value) SetSum(known *Value, delta int64, is32 bool, r *Rules) {
	by := Const(uint64(delta))
	*v = *known
	v.add(&by, r)
	if !r.LinkedSync {
		return
	}
	if is32 {
		v.zeroExtend(r)
	}
	v.Sync(r)
}

// SetSigned makes lo and hi the signed bounds of the whole word and of its lower
// half, as for the results of helpers; what was known otherwise stays.
func (v *Value) SetSigned(lo, hi int64, r *Rules) {
	if r.CircularRanges {
		v.Range64 = signed[uint64](lo, hi, r)
		v.Low = signed[uint32](int32(lo), int32(hi), r)
	} else {
		v.SMin, v.SMax = lo, hi
		v.Low.SMin, v.Low.SMax = int32(lo), int32(hi)
	}
	v.Sync(r)
	v.checkBounds(r)
}

// SetUnsigned makes lo and hi the bounds of the word and of its lower half,
// where both fit signed numbers of 32 bits.
func (v *Value) SetUnsigned(lo, hi uint32, r *Rules) {
	v.Range64 = unsigned[uint64, int64](uint64(lo), uint64(hi), r)
	v.Low = unsigned[uint32, int32](lo, hi, r)
	v.Sync(r)
	v.checkBounds(r)
}

// LimitSigned narrows the word and its lower half to lo to hi as signed numbers,
// as for return values of hooks.
func (v *Value) LimitSigned(lo, hi int32, r *Rules) {
	if r.CircularRanges {
		v.Low = signed[uint32](max(v.Low.SMin, lo), min(v.Low.SMax, hi), r)
		v.Range64 = signed[uint64](max(v.SMin, int64(lo)), min(v.SMax, int64(hi)), r)
	} else {
		v.Low.meetS(lo, hi)
		v.meetS(int64(lo), int64(hi))
	}
	v.Sync(r)
	v.checkBounds(r)
}
