package scalar

// arc is a range on the circle of all words: the size+1 words from base on,
// across zero when need be, so that one arc says what otherwise takes a signed
// and an unsigned range.
//
// The void arc is {max, max}. The whole circle has size max and any other base.
type arc[U uint32 | uint64] struct{ base, size U }

func fullArc[U uint32 | uint64]() arc[U] { return arc[U]{0, ^U(0)} }
func voidArc[U uint32 | uint64]() arc[U] { return arc[U]{^U(0), ^U(0)} }

func arcUnsigned[U uint32 | uint64](lo, hi U) arc[U] { return arc[U]{lo, hi - lo} }

func arcSigned[U uint32 | uint64, S int32 | int64](lo, hi S) arc[U] {
	size := U(hi) - U(lo)
	if size == ^U(0) {
		return fullArc[U]()
	}
	return arc[U]{U(lo), size}
}

// arcBits is the shortest arc that is sure to hold all words with these known
// bits. An unknown or set sign bit asks for a signed range.
func arcBits[U uint32 | uint64, S int32 | int64](value, mask U) arc[U] {
	top := ^(^U(0) >> 1)
	if (value|mask)&top != 0 {
		return arcSigned[U](S(value|mask&top), S(value|mask&^top))
	}
	return arcUnsigned(value, value|mask)
}

func (a arc[U]) isVoid() bool { return a == voidArc[U]() }

// last returns the last word of the arc.
func (a arc[U]) last() U { return a.base + a.size }

// wraps reports whether the arc goes on from the largest word to zero.
func (a arc[U]) wraps() bool { return a.size > ^U(0)-a.base }

// holds reports whether w lies on the arc.
func (a arc[U]) holds(w U) bool { return w-a.base <= a.size && !a.isVoid() }

// in reports whether all words of a lie on b.
func (a arc[U]) in(b arc[U]) bool {
	if a.isVoid() || b.isVoid() {
		return a.isVoid()
	}
	turned := arc[U]{a.base - b.base, a.size}
	return !(turned.wraps() && b.size < ^U(0)) && turned.last() <= b.size
}

// meet returns the arc of the words on both. They can have two arcs in common;
// the shorter of the operands then stands for both.
func (a arc[U]) meet(b arc[U]) arc[U] {
	if a.isVoid() || b.isVoid() {
		return voidArc[U]()
	}
	if a.base > b.base {
		a, b = b, a
	}
	gap := b.base - a.base // from the start of a to the start of b
	switch tail := (arc[U]{gap, b.size}); {
	case tail.wraps() && gap <= a.size: // b starts and ends on a
		if a.size <= b.size {
			return a
		}
		return b
	case tail.wraps(): // b only ends on a
		return arc[U]{a.base, min(a.size, tail.last())}
	case gap <= a.size: // b starts on a
		return arc[U]{b.base, min(a.size-gap, b.size)}
	}
	return voidArc[U]()
}

// plus returns the arc of all sums.
func (a arc[U]) plus(b arc[U]) arc[U] {
	if a.isVoid() || b.isVoid() {
		return voidArc[U]()
	}
	if a.size > ^U(0)-b.size {
		return fullArc[U]()
	}
	return arc[U]{a.base + b.base, a.size + b.size}.canonical()
}

// minus returns the arc of all differences.
func (a arc[U]) minus(b arc[U]) arc[U] { return a.plus(b.negated()) }

func (a arc[U]) negated() arc[U] {
	if a.isVoid() {
		return a
	}
	return arc[U]{-a.last(), a.size}.canonical()
}

// canonical gives the whole circle one base; the kernel leaves alone one that
// starts at the largest signed number.
func (a arc[U]) canonical() arc[U] {
	if a.size == ^U(0) && a.base != ^U(0)>>1 {
		a.base = 0
	}
	return a
}

// read takes the four bounds off an arc. A side on which the arc passes the end
// of its number line is unbounded.
func read[U uint32 | uint64, S int32 | int64](a arc[U]) Range[U, S] {
	g := full[U, S]()
	g.arc = a
	if !a.wraps() {
		g.UMin, g.UMax = a.base, a.last()
	}
	if lo, hi := limits[U, S](); !a.holds(U(hi)) || !a.holds(U(lo)) {
		g.SMin, g.SMax = min(S(a.base), S(a.last())), max(S(a.base), S(a.last()))
	}
	return g
}
