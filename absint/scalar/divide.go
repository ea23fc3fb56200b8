package scalar

import "github.com/bpflint/bpflint/absint/tnum"

// Division and modulo by a known number. In BPF x/0 is 0, x%0 is x, and the
// smallest signed number divided by -1 is itself.

func (v *Value) divide64(op Op, by uint64, r *Rules) {
	if v.divideByZero(op, by == 0) {
		return
	}
	if !v.Range64.divide(op, by, r) {
		v.Low = unknown.Low
		v.Tnum = tnum.Unknown()
	}
}

func (v *Value) divide32(op Op, by uint32, r *Rules) {
	if v.divideByZero(op, by == 0) {
		return
	}
	if !v.Low.divide(op, by, r) {
		v.Range64 = unknown.Range64
		v.Tnum = tnum.Unknown()
	}
}

func (v *Value) divideByZero(op Op, zero bool) bool {
	if zero && (op == Div || op == SDiv) {
		v.SetConst(0)
	}
	return zero
}

// divide bounds the quotients or remainders by a number that is not zero, and
// reports whether the operation changes no word.
func (g *Range[U, S]) divide(op Op, by U, r *Rules) (same bool) {
	switch op {
	case Div:
		*g = unsigned[U, S](g.UMin/by, g.UMax/by, r)
	case SDiv:
		lo, hi := g.signedQuotients(S(by))
		*g = signed[U](lo, hi, r)
	case Mod:
		if g.UMax < by {
			return true
		}
		*g = unsigned[U, S](0, by-1, r)
	case SMod:
		return g.signedRemainders(S(by), r)
	}
	return false
}

func (g *Range[U, S]) signedQuotients(by S) (S, S) {
	lo, hi := limits[U, S]()
	if by == -1 && g.SMin == lo {
		if g.SMax == lo {
			return lo, lo
		}
		return lo, hi // the smallest number and some of the largest
	}
	a, b := g.SMin/by, g.SMax/by
	return min(a, b), max(a, b)
}

// signedRemainders bounds remainders, which have the sign of the dividend and
// are closer to zero than the divisor.
func (g *Range[U, S]) signedRemainders(by S, r *Rules) (same bool) {
	if by < 0 {
		by = -by // which leaves the smallest number as it is; by-1 is right then
	}
	top := by - 1
	lo, hi := max(g.SMin, -top), min(g.SMax, top)
	if lo == g.SMin && hi == g.SMax {
		return true
	}
	switch {
	case g.SMin >= 0:
		lo = 0
	case g.SMax <= 0:
		hi = 0
	default:
		lo, hi = -top, top
	}
	*g = signed[U](lo, hi, r)
	return false
}
