package scalar

// Shifts by a known number of bits, which is below the width.

func (v *Value) lsh64(n uint8, r *Rules) {
	wide := full[uint64, int64]()
	if v.UMax <= 1<<(63-n) { // the top bit stays inside
		wide = unsigned[uint64, int64](v.UMin<<n, v.UMax<<n, r)
	}
	if n == 32 { // half of the idiom that sign-extends the lower half
		s := signed[uint64](int64(v.Low.SMin)<<32, int64(v.Low.SMax)<<32, r)
		wide.meet(&s, r)
	}
	v.Range64 = wide
	v.Low = v.Low.lsh(n, r)
	v.Tnum = v.Tnum.Lsh(n)
}

func (v *Value) lsh32(n uint8, r *Rules) {
	v.Low = v.Low.lsh(n, r)
	v.Tnum = v.Tnum.Lsh(n).Subreg()
	v.lowFromBits(r)
}

// lsh bounds the lower half of a word shifted left by any number of bits.
func (g *Range[U, S]) lsh(n uint8, r *Rules) Range[U, S] {
	if n > 31 || g.UMax > 1<<(31-n) {
		return full[U, S]()
	}
	return unsigned[U, S](g.UMin<<n, g.UMax<<n, r)
}

func (v *Value) rsh64(n uint8, r *Rules) {
	v.Range64 = unsigned[uint64, int64](v.UMin>>n, v.UMax>>n, r)
	v.Low = unknown.Low // depends on the bits that come in
	v.Tnum = v.Tnum.Rsh(n)
}

func (v *Value) rsh32(n uint8, r *Rules) {
	v.Low = unsigned[uint32, int32](v.Low.UMin>>n, v.Low.UMax>>n, r)
	v.Tnum = v.Tnum.Subreg().Rsh(n)
	v.lowFromBits(r)
}

func (v *Value) arsh64(n uint8, r *Rules) {
	v.Range64 = signed[uint64](v.SMin>>n, v.SMax>>n, r)
	v.Low = unknown.Low
	v.Tnum = v.Tnum.Arsh(n)
}

func (v *Value) arsh32(n uint8, r *Rules) {
	v.Low = signed[uint32](v.Low.SMin>>n, v.Low.SMax>>n, r)
	v.Tnum = v.Tnum.Arsh32(n)
	v.lowFromBits(r)
}

// lowFromBits bounds the lower half by its bits before it is extended.
func (v *Value) lowFromBits(r *Rules) {
	value, mask := uint32(v.Tnum.Value), uint32(v.Tnum.Mask)
	if r.CircularRanges {
		v.Low = read[uint32, int32](v.Low.arc.meet(arcBits[uint32, int32](value, mask)))
		return
	}
	v.Low.meetBits(value, mask)
}
