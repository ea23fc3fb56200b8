package scalar

import (
	"math"

	"github.com/bpflint/bpflint/absint/tnum"
)

// Sync lets the parts of a value learn from each other, as far as the kernel
// goes: the ranges from the bits, the ranges of each width and sign from the
// others, the bits from the ranges, and the ranges once more from the bits.
func (v *Value) Sync(r *Rules) {
	switch {
	case r.CircularRanges:
		v.syncArcs(r)
	case r.CrossDeduction:
		v.syncCross(r)
	default:
		v.syncSigns(r)
	}
}

// syncSigns relates only the signed and the unsigned range of the same width
// (Linux before 6.8).
func (v *Value) syncSigns(r *Rules) {
	v.rangesFromBits()
	v.Low.joinSigns()
	v.Range64.joinSigns()
	v.bitsFromRanges(r)
	v.rangesFromBits()
}

// crossRounds is how often Linux repeats the deductions, which do not always
// reach a fixed point.
const crossRounds = 3

// syncCross also relates the two widths.
func (v *Value) syncCross(r *Rules) {
	v.learnBits(r)
	for range crossRounds {
		wide, low := v.Range64, v.Low
		v.lowFromWide()
		v.Low.crossSigns(r)
		v.Range64.crossSigns(r)
		v.wideFromLow()
		if v.Range64.sameBounds(&wide) && v.Low.sameBounds(&low) {
			break // what follows would deduce the same once more
		}
	}
	v.bitsFromRanges(r)
	v.learnBits(r)
}

// learnBits narrows the ranges to the known bits.
func (v *Value) learnBits(r *Rules) {
	if r.CircularRanges {
		v.arcsFromBits()
		return
	}
	v.rangesFromBits()
	if r.SingleMember {
		v.pinSingle()
	}
}

func (v *Value) rangesFromBits() {
	v.Low.meetBits(uint32(v.Tnum.Value), uint32(v.Tnum.Mask))
	v.Range64.meetBits(v.Tnum.Value, v.Tnum.Mask)
}

func (v *Value) bitsFromRanges(r *Rules) {
	low := v.Tnum
	v.Tnum = v.Tnum.Intersect(tnum.Range(v.UMin, v.UMax))
	if r.BothHalves {
		low = v.Tnum
	}
	low = low.Subreg().Intersect(tnum.Range(uint64(v.Low.UMin), uint64(v.Low.UMax)))
	v.Tnum = v.Tnum.WithSubreg(low)
}

// joinSigns makes the signed and the unsigned bounds the same where the sign is
// known from either.
func (g *Range[U, S]) joinSigns() {
	switch {
	case g.SMin >= 0 || g.SMax < 0: // one sign, so both orders agree
		g.meetU(U(g.SMin), U(g.SMax))
		g.SMin, g.SMax = S(g.UMin), S(g.UMax)
	case S(g.UMax) >= 0: // no word is negative
		g.UMax = min(U(g.SMax), g.UMax)
		g.SMin, g.SMax = S(g.UMin), S(g.UMax)
	case S(g.UMin) < 0: // every word is negative
		g.UMin = max(U(g.SMin), g.UMin)
		g.SMin, g.SMax = S(g.UMin), S(g.UMax)
	}
}

// crossSigns lets each order learn from the other where a range is one piece in
// both orders, and where the ranges have only one piece in common.
func (g *Range[U, S]) crossSigns(r *Rules) {
	if S(g.UMin) <= S(g.UMax) {
		g.meetS(S(g.UMin), S(g.UMax))
	}
	switch {
	case U(g.SMin) <= U(g.SMax):
		g.meetU(U(g.SMin), U(g.SMax))
	case !r.SignGap:
	// The signed range is two pieces in unsigned order, [0, SMax] and
	// [SMin, max]; the unsigned range misses one of them.
	case g.UMax < U(g.SMin):
		g.SMin = S(g.UMin)
		g.UMax = min(g.UMax, U(g.SMax))
	case U(g.SMax) < g.UMin:
		g.SMax = S(g.UMax)
		g.UMin = max(g.UMin, U(g.SMin))
	}
}

// lowFromWide bounds the lower half where the whole word's range runs through
// at most one change of the upper half.
func (v *Value) lowFromWide() {
	low := &v.Low
	if v.UMin>>32 == v.UMax>>32 {
		low.meetU(uint32(v.UMin), uint32(v.UMax))
		low.meetSigned(uint32(v.UMin), uint32(v.UMax))
	}
	if v.SMin>>32 == v.SMax>>32 {
		if uint32(v.SMin) <= uint32(v.SMax) {
			low.meetU(uint32(v.SMin), uint32(v.SMax))
		}
		low.meetSigned(uint32(v.SMin), uint32(v.SMax))
	}
	low.meetAcross(v.UMin, v.UMax)
	low.meetAcross(uint64(v.SMin), uint64(v.SMax))
}

// meetSigned keeps the words from first to last if these are in signed order.
func (g *Range[U, S]) meetSigned(first, last U) {
	if S(first) <= S(last) {
		g.meetS(S(first), S(last))
	}
}

// meetAcross keeps the lower halves of the words from first to last if the
// upper half changes once between them and the lower half goes from negative
// through zero meanwhile.
func (g *Range[U, S]) meetAcross(first, last uint64) {
	if uint32(first>>32)+1 == uint32(last>>32) && int32(first) < 0 && int32(last) >= 0 {
		g.meetS(S(int32(first)), S(int32(last)))
	}
}

// wideFromLow replaces the lower halves of the whole word's bounds by those of
// the lower half's range, where that is tighter.
func (v *Value) wideFromLow() {
	const upper = ^uint64(math.MaxUint32)
	replace := func(lo, hi uint32) {
		v.meetU(v.UMin&upper|uint64(lo), v.UMax&upper|uint64(hi))
		v.meetS(int64(uint64(v.SMin)&upper|uint64(lo)), int64(uint64(v.SMax)&upper|uint64(hi)))
	}
	low := &v.Low
	replace(low.UMin, low.UMax)
	if uint32(low.SMin) <= uint32(low.SMax) {
		replace(uint32(low.SMin), uint32(low.SMax))
	}
	// A word that is a sign-extended half which is not negative.
	if low.SMin >= 0 && v.SMin >= math.MinInt32 && v.SMax <= math.MaxInt32 {
		v.SMin, v.SMax = int64(low.SMin), int64(low.SMax)
		v.UMin, v.UMax = uint64(low.SMin), uint64(low.SMax)
		v.Tnum = v.Tnum.Intersect(tnum.Range(v.UMin, v.UMax))
	}
}

// checkBounds gives up all ranges of a value that contradicts itself, as the
// kernel does on branches which it could not tell to be dead.
func (v *Value) checkBounds(r *Rules) {
	if r.CheckedBounds && v.contradicts(r) {
		v.unbound()
	}
}

func (v *Value) contradicts(r *Rules) bool {
	return v.Range64.isVoid(r) || v.Low.isVoid(r) ||
		v.IsConst() && !v.Range64.is(v.Tnum.Value) ||
		v.IsConst32() && !v.Low.is(uint32(v.Tnum.Value))
}
