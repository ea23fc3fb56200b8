package tnum

import "math/bits"

// Add returns the possible sums. The carries of the smallest and of the largest
// sum differ exactly where a carry is unknown (CGO 2022, algorithm 1; optimal).
func (t Tnum) Add(u Tnum) Tnum {
	low := t.Value + u.Value
	high := low + (t.Mask + u.Mask)
	return build(low, low^high|t.Mask|u.Mask)
}

// Sub returns the possible differences; like Add with borrows (CGO 2022,
// algorithm 6; optimal).
func (t Tnum) Sub(u Tnum) Tnum {
	d := t.Value - u.Value
	return build(d, (d+t.Mask)^(d-u.Mask)|t.Mask|u.Mask)
}

// Neg returns the possible negations.
func (t Tnum) Neg() Tnum { return Tnum{}.Sub(t) }

// And returns the possible bitwise conjunctions.
func (t Tnum) And(u Tnum) Tnum {
	ones := t.Value & u.Value
	return Tnum{ones, t.Max() & u.Max() &^ ones}
}

// Or returns the possible bitwise disjunctions.
func (t Tnum) Or(u Tnum) Tnum {
	ones := t.Value | u.Value
	return Tnum{ones, (t.Mask | u.Mask) &^ ones}
}

// Xor returns the possible exclusive disjunctions.
func (t Tnum) Xor(u Tnum) Tnum { return build(t.Value^u.Value, t.Mask|u.Mask) }

// Lsh shifts left; the bits that come in are known zeros.
func (t Tnum) Lsh(n uint8) Tnum { return Tnum{t.Value << n, t.Mask << n} }

// Rsh shifts right; the bits that come in are known zeros.
func (t Tnum) Rsh(n uint8) Tnum { return Tnum{t.Value >> n, t.Mask >> n} }

// Arsh shifts right and copies the sign bit, known or not.
func (t Tnum) Arsh(n uint8) Tnum {
	return Tnum{uint64(int64(t.Value) >> n), uint64(int64(t.Mask) >> n)}
}

// Arsh32 is Arsh of the lower half; the upper half becomes zero.
func (t Tnum) Arsh32(n uint8) Tnum {
	return Tnum{uint64(uint32(int32(t.Value) >> n)), uint64(uint32(int32(t.Mask) >> n))}
}

// Mul is one of the ways to multiply; kernels differ in it.
type Mul func(t, u Tnum) Tnum

// MulHalves multiplies as Linux did before 5.14: the product of the values,
// then each unknown bit of t times all that u can be, then each unknown bit of
// u times t's value ("kern_mul" of CGO 2022).
func MulHalves(t, u Tnum) Tnum {
	acc := addUnknown(Const(t.Value*u.Value), t.Mask, u.Max())
	return addUnknown(acc, u.Mask, t.Value)
}

// addUnknown adds to acc an unknown submask of m, shifted to each bit of by.
func addUnknown(acc Tnum, m, by uint64) Tnum {
	for ; by != 0; by &= by - 1 {
		acc = acc.Add(Tnum{Mask: m << bits.TrailingZeros64(by)})
	}
	return acc
}

// MulDecomposed multiplies as Linux 5.14 and later do: the sum of the known
// parts and the sum of the unknown parts of the partial products are built
// apart and added at last, which loses less ("our_mul" of CGO 2022).
func MulDecomposed(t, u Tnum) Tnum {
	var rest Tnum
	for b := t.Max(); b != 0; b &= b - 1 {
		n := bits.TrailingZeros64(b)
		partial := u.Mask
		if t.Mask>>n&1 != 0 {
			partial = u.Max()
		}
		rest = rest.Add(Tnum{Mask: partial << n})
	}
	return Const(t.Value * u.Value).Add(rest)
}

// MulUnion is long multiplication which, for an unknown bit of t, takes the
// union of the sums with and without the partial product.
func MulUnion(t, u Tnum) Tnum {
	var acc Tnum
	for b := t.Max(); b != 0; b &= b - 1 {
		n := uint8(bits.TrailingZeros64(b))
		sum := acc.Add(u.Lsh(n))
		if t.Mask>>n&1 != 0 {
			sum = acc.Union(sum)
		}
		acc = sum
	}
	return acc
}
