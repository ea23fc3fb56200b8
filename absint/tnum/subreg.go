package tnum

import "math/bits"

// Cast keeps the lowest size bytes and clears the others.
func (t Tnum) Cast(size int) Tnum {
	keep := ^uint64(0) >> (64 - 8*size)
	return Tnum{t.Value & keep, t.Mask & keep}
}

// Subreg returns the lower half, zero-extended.
func (t Tnum) Subreg() Tnum { return Tnum{uint64(uint32(t.Value)), uint64(uint32(t.Mask))} }

// ClearSubreg returns t with a lower half of zeros.
func (t Tnum) ClearSubreg() Tnum { return Tnum{t.Value >> 32 << 32, t.Mask >> 32 << 32} }

// WithSubreg returns t with the lower half of u.
func (t Tnum) WithSubreg(u Tnum) Tnum {
	hi, lo := t.ClearSubreg(), u.Subreg()
	return Tnum{hi.Value | lo.Value, hi.Mask | lo.Mask}
}

// WithConstSubreg returns t with the constant v as its lower half.
func (t Tnum) WithConstSubreg(v uint32) Tnum { return t.WithSubreg(Const(uint64(v))) }

// SubregIsConst reports whether the lower half is known.
func (t Tnum) SubregIsConst() bool { return uint32(t.Mask) == 0 }

// SignExtend copies the sign bit of the lowest size bytes, known or not, into
// all higher bits.
func (t Tnum) SignExtend(size int) Tnum {
	n := uint8(64 - 8*size)
	return t.Lsh(n).Arsh(n)
}

// Bswap reverses the lowest size bytes (2, 4 or 8) and clears the others.
func (t Tnum) Bswap(size int) Tnum {
	n := 64 - 8*size
	return Tnum{bits.ReverseBytes64(t.Value) >> n, bits.ReverseBytes64(t.Mask) >> n}
}
