package scalar

import (
	"math"

	"github.com/bpflint/bpflint/absint/tnum"
)

// zeroExtend makes the lower half the whole word; Sync follows.
func (v *Value) zeroExtend(r *Rules) {
	v.Tnum = v.Tnum.Subreg()
	v.wideFromHalf(r)
}

// wideFromHalf takes the whole word's ranges from the lower half of a word
// whose upper half is zero.
func (v *Value) wideFromHalf(r *Rules) {
	low := &v.Low
	if r.CircularRanges {
		v.Range64 = unsigned[uint64, int64](uint64(low.UMin), uint64(low.UMax), r)
		return
	}
	v.UMin, v.UMax = uint64(low.UMin), uint64(low.UMax)
	v.SMin, v.SMax = 0, math.MaxUint32
	if low.SMin >= 0 && low.SMax >= 0 {
		v.SMin, v.SMax = int64(low.SMin), int64(low.SMax)
	}
}

// Mov32 zero-extends the lower half, as a 32-bit move does.
func (v *Value) Mov32(r *Rules) {
	v.zeroExtend(r)
	v.Sync(r)
	v.checkBounds(r)
}

// Truncate keeps the lowest size bytes (1, 2 or 4) and clears the others, as a
// load of that size does.
func (v *Value) Truncate(size int, r *Rules) {
	v.Tnum = v.Tnum.Cast(size)
	keep := uint64(1)<<(8*size) - 1
	lo, hi := uint64(0), keep
	if v.UMin&^keep == v.UMax&^keep {
		lo, hi = v.UMin&keep, v.UMax&keep
	}
	v.Range64 = unsigned[uint64, int64](lo, hi, r)
	switch {
	case r.CrossDeduction || r.CircularRanges:
		if size < 4 {
			v.Low = unknown.Low
		}
		v.Sync(r)
	case size < 4:
		v.lowFromFitting()
		v.Sync(r)
	}
}

// lowFromFitting bounds the lower half by whole-word bounds of which both fit.
func (v *Value) lowFromFitting() {
	v.Low = unknown.Low
	if v.SMin == int64(int32(v.SMin)) && v.SMax == int64(int32(v.SMax)) {
		v.Low.SMin, v.Low.SMax = int32(v.SMin), int32(v.SMax)
	}
	if v.UMax <= math.MaxUint32 && v.UMin <= math.MaxUint32 {
		v.Low.UMin, v.Low.UMax = uint32(v.UMin), uint32(v.UMax)
	}
}

// SignExtend replaces the word by its sign-extended lowest size bytes (1, 2 or
// 4), as a sign-extending load does.
func (v *Value) SignExtend(size int, r *Rules) {
	if v.IsConst() {
		v.SetConst(uint64(signExtend(int64(v.Tnum.Value), size)))
		return
	}
	lo, hi, same := extendBounds(v.SMin, v.SMax, size)
	v.Tnum = tnum.Unknown()
	if same {
		v.Tnum = tnum.Range(uint64(lo), uint64(hi))
	}
	v.Range64 = signed[uint64](lo, hi, r)
	v.Low = signed[uint32](int32(lo), int32(hi), r)
	if same && !r.CircularRanges {
		v.UMin, v.UMax = uint64(lo), uint64(hi)
		v.Low.UMin, v.Low.UMax = uint32(lo), uint32(hi)
	}
}

// MovSX is a sign-extending move of size bytes within the register.
func (v *Value) MovSX(size int, is32 bool, r *Rules) {
	if is32 {
		v.signExtendLow(size, r)
		v.zeroExtend(r)
		v.Sync(r)
	} else {
		v.SignExtend(size, r)
	}
	v.checkBounds(r)
}

// signExtendLow replaces the lower half by its sign-extended lowest size bytes
// (1 or 2); the upper half is lost.
func (v *Value) signExtendLow(size int, r *Rules) {
	if v.IsConst() {
		v.SetConst(uint64(signExtend(int64(v.Tnum.Value), size)))
		return
	}
	lo, hi, same := extendBounds(int64(v.Low.SMin), int64(v.Low.SMax), size)
	v.Tnum = tnum.Unknown().Subreg()
	if same {
		v.Tnum = tnum.Range(uint64(lo), uint64(hi)).Subreg()
	}
	v.Low = signed[uint32](int32(lo), int32(hi), r)
	if same && !r.CircularRanges {
		v.Low.UMin, v.Low.UMax = uint32(lo), uint32(hi)
	}
}

// extendBounds sign-extends the ends of a signed range from size bytes. If the
// bits above differ, or the results have different signs, only the smallest and
// largest number of that size are known, and same is false.
func extendBounds(lo, hi int64, size int) (_, _ int64, same bool) {
	n := 8 * size
	a, b := signExtend(lo, size), signExtend(hi, size)
	if lo>>n == hi>>n && (a < 0) == (b < 0) {
		return min(a, b), max(a, b), true
	}
	return -1 << (n - 1), 1<<(n-1) - 1, false
}

func signExtend(x int64, size int) int64 {
	n := 64 - 8*size
	return x << n >> n
}

// Swap is a byte-order instruction on the lowest size bytes (2, 4 or 8). It
// reverses them or, where the order already is the wanted one, only clears the
// bytes above.
func (v *Value) Swap(size int, reverse bool, r *Rules) {
	if !r.SwapBits {
		v.SetUnknown()
		return
	}
	if reverse {
		v.Tnum = v.Tnum.Bswap(size)
		v.unbound()
	}
	if size < 8 {
		v.Truncate(size, r)
	}
	v.Sync(r)
	v.checkBounds(r)
}
