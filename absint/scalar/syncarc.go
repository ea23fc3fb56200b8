package scalar

import "math"

// syncArcs is Sync for kernels that keep each width's range as an arc.
func (v *Value) syncArcs(r *Rules) {
	if v.Range64.arc.isVoid() || v.Low.arc.isVoid() {
		return
	}
	v.arcsFromBits()
	for range 2 {
		v.Low.arc = v.Low.arc.meet(lowArc(v.Range64.arc))
		v.Range64.arc = meetLow(v.Range64.arc, v.Low.arc)
	}
	v.readArcs()
	v.bitsFromRanges(r)
	v.arcsFromBits()
}

// readArcs brings the bounds up to date with the arcs.
func (v *Value) readArcs() {
	v.Range64 = read[uint64, int64](v.Range64.arc)
	v.Low = read[uint32, int32](v.Low.arc)
}

func (v *Value) arcsFromBits() {
	v.Low.arc = v.Low.arc.meet(arcBits[uint32, int32](uint32(v.Tnum.Value), uint32(v.Tnum.Mask)))
	v.Range64.arc = v.Range64.arc.meet(arcBits[uint64, int64](v.Tnum.Value, v.Tnum.Mask))
	v.readArcs()
	v.pinSingle()
}

// pinSingle makes a value known that has one member only.
func (v *Value) pinSingle() {
	if c, ok := v.singleMember(); ok {
		v.SetConst(c)
	}
}

// singleMember reports whether the bits allow just one word between the
// unsigned bounds, and which.
func (v *Value) singleMember() (uint64, bool) {
	next := v.Tnum.Next(v.UMin)
	switch inside := v.Tnum.Contains(v.UMin); {
	case inside:
		return v.UMin, next > v.UMax
	case next == v.Tnum.Max():
		return next, true
	default:
		return next, next <= v.UMax && v.Tnum.Next(next) > v.UMax
	}
}

// lowArc returns the arc of the lower halves of the words of a.
func lowArc(a arc[uint64]) arc[uint32] {
	switch {
	case a.isVoid():
		return voidArc[uint32]()
	case a.size >= math.MaxUint32:
		return fullArc[uint32]()
	}
	return arc[uint32]{uint32(a.base), uint32(a.size)}
}

// meetLow shortens an arc at both ends to the first and the last word whose
// lower half lies on low.
func meetLow(a arc[uint64], low arc[uint32]) arc[uint64] {
	if a.isVoid() || low.isVoid() {
		return voidArc[uint64]()
	}
	// Seen from the start of a, low begins here; when it wraps, the start is a
	// member itself.
	turned := arc[uint32]{low.base - uint32(a.base), low.size}
	var skip, back uint32
	if !turned.wraps() {
		skip = turned.base
	}
	if uint64(skip) > a.size {
		return voidArc[uint64]()
	}
	// A full circle can have turned into the likeness of the void arc, so holds
	// is not to be asked.
	if end := uint32(a.size); end-turned.base > turned.size {
		back = end - turned.last()
	}
	return arc[uint64]{a.base + uint64(skip), a.size - uint64(skip) - uint64(back)}
}
