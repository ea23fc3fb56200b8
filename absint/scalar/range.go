package scalar

import "math/bits"

// Range bounds a word of type U, read as an unsigned and as a signed number;
// all four bounds are included. An upper bound below its lower one means that
// no word is possible: the branch that led there is dead.
type Range[U uint32 | uint64, S int32 | int64] struct {
	UMin, UMax U
	SMin, SMax S

	// Kernels with circular ranges keep this instead; the four bounds are then
	// what can be read off it. Without the rule its content means nothing.
	arc arc[U]
}

// Range64 bounds a whole word, Range32 its lower half.
type (
	Range64 = Range[uint64, int64]
	Range32 = Range[uint32, int32]
)

// limits returns the smallest and the largest signed number.
func limits[U uint32 | uint64, S int32 | int64]() (S, S) {
	top := S(^U(0) >> 1)
	return ^top, top
}

func full[U uint32 | uint64, S int32 | int64]() Range[U, S] {
	lo, hi := limits[U, S]()
	return Range[U, S]{0, ^U(0), lo, hi, fullArc[U]()}
}

func only[U uint32 | uint64, S int32 | int64](v U) Range[U, S] {
	return Range[U, S]{v, v, S(v), S(v), arc[U]{v, 0}}
}

// unsigned returns the range of the words from lo to hi as unsigned numbers.
// Its signed bounds follow where no sign change lies between.
func unsigned[U uint32 | uint64, S int32 | int64](lo, hi U, r *Rules) Range[U, S] {
	if r.CircularRanges {
		return read[U, S](arcUnsigned(lo, hi))
	}
	g := full[U, S]()
	g.UMin, g.UMax = lo, hi
	if S(lo) <= S(hi) {
		g.SMin, g.SMax = S(lo), S(hi)
	}
	return g
}

// signed returns the range of the words from lo to hi as signed numbers; of
// the unsigned bounds nothing is said yet.
func signed[U uint32 | uint64, S int32 | int64](lo, hi S, r *Rules) Range[U, S] {
	if r.CircularRanges {
		return read[U, S](arcSigned[U](lo, hi))
	}
	return Range[U, S]{UMax: ^U(0), SMin: lo, SMax: hi}
}

func (g *Range[U, S]) isFull() bool {
	lo, hi := limits[U, S]()
	return g.UMin == 0 && g.UMax == ^U(0) && g.SMin == lo && g.SMax == hi
}

func (g *Range[U, S]) isConst() bool { return g.UMin == g.UMax && g.SMin == g.SMax }

// is reports whether v is the only word that the bounds allow.
func (g *Range[U, S]) is(v U) bool { return g.isConst() && g.UMin == v && g.SMin == S(v) }

// isVoid reports whether the bounds exclude every word.
func (g *Range[U, S]) isVoid(r *Rules) bool {
	if r.CircularRanges {
		return g.arc.isVoid()
	}
	return g.UMin > g.UMax || g.SMin > g.SMax
}

func (g *Range[U, S]) equal(h *Range[U, S], r *Rules) bool {
	if r.CircularRanges {
		return g.arc == h.arc
	}
	return g.sameBounds(h)
}

func (g *Range[U, S]) sameBounds(h *Range[U, S]) bool {
	return g.UMin == h.UMin && g.UMax == h.UMax && g.SMin == h.SMin && g.SMax == h.SMax
}

func (g *Range[U, S]) within(h *Range[U, S], r *Rules) bool {
	if r.CircularRanges {
		return g.arc.in(h.arc)
	}
	return h.UMin <= g.UMin && g.UMax <= h.UMax && h.SMin <= g.SMin && g.SMax <= h.SMax
}

// meetU keeps the words that lie between lo and hi as unsigned numbers.
func (g *Range[U, S]) meetU(lo, hi U) {
	g.UMin = max(g.UMin, lo)
	g.UMax = min(g.UMax, hi)
}

// meetS keeps the words that lie between lo and hi as signed numbers.
func (g *Range[U, S]) meetS(lo, hi S) {
	g.SMin = max(g.SMin, lo)
	g.SMax = min(g.SMax, hi)
}

// meet keeps the words that both ranges hold.
func (g *Range[U, S]) meet(h *Range[U, S], r *Rules) {
	if r.CircularRanges {
		*g = read[U, S](g.arc.meet(h.arc))
		return
	}
	g.meetU(h.UMin, h.UMax)
	g.meetS(h.SMin, h.SMax)
}

// meetBits keeps the words between the smallest and the largest that have the
// known bits value outside of mask.
func (g *Range[U, S]) meetBits(value, mask U) {
	top := ^(^U(0) >> 1)
	g.meetU(value, value|mask)
	g.meetS(S(value|mask&top), S(value|mask&^top))
}

// mulU returns the product and whether it fits.
func mulU[U uint32 | uint64](a, b U) (U, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return a * b, hi == 0 && lo <= uint64(^U(0))
}

// mulS returns the product and whether it fits.
func mulS[U uint32 | uint64, S int32 | int64](a, b S) (S, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	limit := uint64(^U(0) >> 1)
	if (a < 0) != (b < 0) {
		limit++
	}
	return a * b, hi == 0 && lo <= limit
}

func magnitude[S int32 | int64](a S) uint64 {
	if a < 0 {
		return -uint64(int64(a))
	}
	return uint64(a)
}
