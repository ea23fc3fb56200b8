package scalar

import "github.com/bpflint/bpflint/absint/tnum"

// Value is what is known about a 64-bit word: every concrete word that it
// stands for is a member of Tnum and lies in all four ranges.
//
// Fields are for reading. They are changed through the functions of this
// package, which know how the target kernel deduces one from the other. Two
// values are compared with Equal, not with ==.
type Value struct {
	Tnum tnum.Tnum
	Range64
	Low Range32 // of the lower half
}

var unknown = Value{Tnum: tnum.Unknown(), Range64: full[uint64, int64](), Low: full[uint32, int32]()}

// Unknown returns the value of which nothing is known.
func Unknown() Value { return unknown }

// Const returns the value that is v.
func Const(v uint64) Value {
	return Value{tnum.Const(v), only[uint64, int64](v), only[uint32, int32](uint32(v))}
}

// SetUnknown forgets everything.
func (v *Value) SetUnknown() { *v = unknown }

// SetConst makes the value known.
func (v *Value) SetConst(c uint64) { *v = Const(c) }

// IsConst reports whether the value is known; it is v.Tnum.Value then.
func (v *Value) IsConst() bool { return v.Tnum.Mask == 0 }

// IsConst32 reports whether the lower half is known; it is
// uint32(v.Tnum.Value) then.
func (v *Value) IsConst32() bool { return v.Tnum.SubregIsConst() }

// isConst reports whether the part of the value that a comparison of this
// width looks at is known, and what it is.
func (v *Value) isConst(is32 bool) (uint64, bool) {
	if is32 {
		return uint64(uint32(v.Tnum.Value)), v.IsConst32()
	}
	return v.Tnum.Value, v.IsConst()
}

// IsUnknown reports whether nothing is known.
func (v *Value) IsUnknown() bool {
	return v.Tnum.IsUnknown() && v.Range64.isFull() && v.Low.isFull()
}

// Equal reports whether both values know the same.
func (v *Value) Equal(w *Value, r *Rules) bool {
	return v.Tnum == w.Tnum && v.Range64.equal(&w.Range64, r) && v.Low.equal(&w.Low, r)
}

// Within reports whether every word that v stands for is one that old stands
// for, as far as the kernel can tell: whether a state that is safe with old is
// safe with v.
func (v *Value) Within(old *Value, r *Rules) bool {
	return v.Range64.within(&old.Range64, r) && v.Low.within(&old.Low, r) && v.Tnum.In(old.Tnum)
}

// unbound forgets all ranges, but not the bits.
func (v *Value) unbound() {
	v.Range64 = unknown.Range64
	v.Low = unknown.Low
}

// setConst32 makes the lower half known and leaves what is known about the
// whole word to the next sync.
func (v *Value) setConst32(c uint32) {
	v.Tnum = v.Tnum.WithConstSubreg(c)
	v.Low = only[uint32, int32](c)
}
