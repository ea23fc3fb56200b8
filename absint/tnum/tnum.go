// Package tnum implements tristate numbers: 64-bit words in which every bit is
// known to be 0, known to be 1, or unknown.
//
// A Tnum stands for the set of all words that agree with its known bits. The
// operations are those of Linux's verifier, bit for bit, since both more and
// less precision than the kernel's would change a verdict. Their soundness
// (and the optimality of Add and Sub) is shown by H. Vishwanathan, M. Shachnai,
// S. Narayana and S. Nagarakatte, "Sound, Precise, and Fast Abstract
// Interpretation with Tristate Numbers", CGO 2022, and checked by this
// package's tests over all small widths.
package tnum

import (
	"math/bits"
	"strconv"
)

// Tnum is a tristate number. A bit of Mask says that this bit is unknown; bits
// of Value are meaningful where Mask has none and zero elsewhere, so that equal
// sets have equal representations.
type Tnum struct {
	Value uint64
	Mask  uint64
}

// Unknown returns the set of all words.
func Unknown() Tnum { return Tnum{Mask: ^uint64(0)} }

// Const returns the set that holds v alone.
func Const(v uint64) Tnum { return Tnum{Value: v} }

// Range returns the smallest Tnum that holds every word from lo to hi.
func Range(lo, hi uint64) Tnum {
	// Everything below the highest bit in which the ends differ is unknown.
	varying := uint64(1)<<bits.Len64(lo^hi) - 1
	return Tnum{lo &^ varying, varying}
}

// build returns the Tnum with these unknown bits; bits of v below them are
// dropped.
func build(v, unknownBits uint64) Tnum { return Tnum{v &^ unknownBits, unknownBits} }

// IsConst reports whether the set holds one word only.
func (t Tnum) IsConst() bool { return t.Mask == 0 }

// IsUnknown reports whether nothing is known about any bit.
func (t Tnum) IsUnknown() bool { return t.Mask == ^uint64(0) }

// Equals reports whether t is the constant v.
func (t Tnum) Equals(v uint64) bool { return t == Tnum{Value: v} }

// Min returns the smallest member, as an unsigned number.
func (t Tnum) Min() uint64 { return t.Value }

// Max returns the largest member, as an unsigned number.
func (t Tnum) Max() uint64 { return t.Value | t.Mask }

// Contains reports whether v is a member.
func (t Tnum) Contains(v uint64) bool { return v&^t.Mask == t.Value }

// In reports whether every member of t is a member of set.
func (t Tnum) In(set Tnum) bool {
	return t.Mask&^set.Mask == 0 && t.Value&^set.Mask == set.Value
}

// Overlaps reports whether t and u agree on the bits that both know, that is,
// whether they have a member in common.
func (t Tnum) Overlaps(u Tnum) bool { return (t.Value^u.Value)&^(t.Mask|u.Mask) == 0 }

// Intersect returns the set of the common members. When t and u contradict each
// other in a bit, there are none; the result then has that bit set, as in the
// kernel.
func (t Tnum) Intersect(u Tnum) Tnum { return build(t.Value|u.Value, t.Mask&u.Mask) }

// Union returns the smallest Tnum that holds all members of both.
func (t Tnum) Union(u Tnum) Tnum {
	return build(t.Value&u.Value, t.Mask|u.Mask|(t.Value^u.Value))
}

// IsAligned reports whether every member is a multiple of size, which is zero
// or a power of two.
func (t Tnum) IsAligned(size uint64) bool { return size == 0 || t.Max()&(size-1) == 0 }

// Next returns the smallest member above v, or the largest member when there is
// none above.
func (t Tnum) Next(v uint64) uint64 {
	if v >= t.Max() {
		return t.Max()
	}
	if v < t.Value {
		return t.Value
	}
	// Member t.Value|s is above v exactly when the submask s of Mask is above
	// the distance d. Counting up inside Mask needs ones in all gaps, so that
	// the carry passes, and below the highest gap in which d has a one, since
	// every submask that is larger differs from d above it.
	d := v - t.Value
	below := uint64(1)<<bits.Len64(d&^t.Mask) - 1
	return t.Value | ((d|below|^t.Mask)+1)&t.Mask
}

// AppendTo appends t as the kernel's log shows it, such as "(0x0; 0xff)".
func (t Tnum) AppendTo(b []byte) []byte {
	b = append(b, "(0x"...)
	b = strconv.AppendUint(b, t.Value, 16)
	b = append(b, "; 0x"...)
	b = strconv.AppendUint(b, t.Mask, 16)
	return append(b, ')')
}

// String returns t as the kernel's log shows it.
func (t Tnum) String() string { return string(t.AppendTo(nil)) }
