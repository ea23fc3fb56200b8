// Package scalar is the abstract domain of the numbers in registers and stack
// slots: a tristate number and ranges of the whole word and of its lower half,
// signed and unsigned, as Linux's verifier keeps them.
//
// An abstract value is compared with a real kernel's field by field: knowing
// more than the kernel would accept what it rejects, knowing less would reject
// what it accepts. What differs between kernels is said by Rules.
package scalar

import (
	"math"

	"github.com/bpflint/bpflint/absint/tnum"
)

// Value is what is known about a 64-bit word: every concrete word that it
// stands for is a member of Tnum and lies in all four ranges. Ranges include
// their ends.
//
// Fields are for reading. They are changed through the functions of this
// package, which know how the target kernel deduces one from the other.
type Value struct {
	Tnum tnum.Tnum

	UMin, UMax uint64
	SMin, SMax int64
	// The lower half, read as an unsigned and as a signed number.
	U32Min, U32Max uint32
	S32Min, S32Max int32

	// Kernels with circular ranges keep these instead; the ranges above are
	// then what can be read off them.
	arc64 arc[uint64]
	arc32 arc[uint32]
}

// arc is a range on the circle of all words: size+1 words from base on, across
// zero when need be.
type arc[T uint32 | uint64] struct{ base, size T }

var unknown = Value{
	Tnum: tnum.Unknown(),
	UMax: math.MaxUint64,
	SMin: math.MinInt64, SMax: math.MaxInt64,
	U32Max: math.MaxUint32,
	S32Min: math.MinInt32, S32Max: math.MaxInt32,
	arc64: arc[uint64]{0, math.MaxUint64},
	arc32: arc[uint32]{0, math.MaxUint32},
}

// Unknown returns the value of which nothing is known.
func Unknown() Value { return unknown }

// Const returns the value that is v.
func Const(v uint64) Value {
	return Value{
		Tnum: tnum.Const(v),
		UMin: v, UMax: v,
		SMin: int64(v), SMax: int64(v),
		U32Min: uint32(v), U32Max: uint32(v),
		S32Min: int32(v), S32Max: int32(v),
		arc64: arc[uint64]{v, 0},
		arc32: arc[uint32]{uint32(v), 0},
	}
}

// IsConst reports whether the value is known; it is v.Tnum.Value then.
func (v *Value) IsConst() bool { return v.Tnum.Mask == 0 }

// IsConst32 reports whether the lower half is known.
func (v *Value) IsConst32() bool { return uint32(v.Tnum.Mask) == 0 }

// IsUnknown reports whether nothing is known.
func (v *Value) IsUnknown() bool { return *v == unknown }
