package scalar

import "github.com/bpflint/bpflint/internal/linux"

// Rules says how far a kernel's deductions about scalars go, and how its log
// shows them. It is resolved once per target and only read afterwards. Each
// field is the feature linux.Scalar... of the same name.
type Rules struct {
	MulDecomposed bool
	MulUnion      bool
	SwapBits      bool

	CrossDeduction bool
	SignGap        bool
	SingleMember   bool
	BothHalves     bool
	CircularRanges bool
	CheckedBounds  bool

	CompareRanges   bool
	SameRegister    bool
	TrialRefinement bool
	ForgetUnset     bool

	UnknownOperand bool
	SignFromRange  bool
	UniformCarry   bool
	SignedProducts bool
	Negation       bool
	Division       bool
	SignBitFork    bool
	LinkedSync     bool

	PlainNames      bool
	JoinedBounds    bool
	SignedConstBits bool
}

// RulesFor returns the rules of a kernel: a linux.Release, or a linux.Version
// with all fixes that are known.
func RulesFor(v interface{ Has(linux.Feature) bool }) *Rules {
	return &Rules{
		MulDecomposed: v.Has(linux.ScalarMulDecomposed),
		MulUnion:      v.Has(linux.ScalarMulUnion),
		SwapBits:      v.Has(linux.ScalarSwapBits),

		CrossDeduction: v.Has(linux.ScalarCrossDeduction),
		SignGap:        v.Has(linux.ScalarSignGap),
		SingleMember:   v.Has(linux.ScalarSingleMember),
		BothHalves:     v.Has(linux.ScalarBothHalves),
		CircularRanges: v.Has(linux.ScalarCircularRanges),
		CheckedBounds:  v.Has(linux.ScalarCheckedBounds),

		CompareRanges:   v.Has(linux.ScalarCompareRanges),
		SameRegister:    v.Has(linux.ScalarSameRegister),
		TrialRefinement: v.Has(linux.ScalarTrialRefinement),
		ForgetUnset:     v.Has(linux.ScalarForgetUnset),

		UnknownOperand: v.Has(linux.ScalarUnknownOperand),
		SignFromRange:  v.Has(linux.ScalarSignFromRange),
		UniformCarry:   v.Has(linux.ScalarUniformCarry),
		SignedProducts: v.Has(linux.ScalarSignedProducts),
		Negation:       v.Has(linux.ScalarNegation),
		Division:       v.Has(linux.ScalarDivision),
		SignBitFork:    v.Has(linux.ScalarSignBitFork),
		LinkedSync:     v.Has(linux.ScalarLinkedSync),

		PlainNames:      v.Has(linux.ScalarPlainNames),
		JoinedBounds:    v.Has(linux.ScalarJoinedBounds),
		SignedConstBits: v.Has(linux.ScalarSignedConstBits),
	}
}
