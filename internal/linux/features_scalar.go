package linux

// Features of the verifier's knowledge about scalars. They say what a release
// deduces as it is shipped, with the fixes that stable releases took over from
// later ones, since it is such releases that verdicts are compared with: a
// feature's version can lie before the one for which it was written.
const (
	ScalarMulDecomposed   = firstScalar + Feature(iota) // bits of products: known and unknown parts apart
	ScalarMulUnion                                      // bits of products: union over unknown bits of a factor
	ScalarSwapBits                                      // byte swaps keep the bits
	ScalarCrossDeduction                                // ranges of both widths and signs tell about each other
	ScalarSignGap                                       // ... also where a signed range is two pieces in unsigned order
	ScalarSingleMember                                  // a value is known when bits and range have one word in common
	ScalarBothHalves                                    // bits of the lower half also from the range of the whole word
	ScalarCircularRanges                                // one arc per width instead of a signed and an unsigned range
	ScalarCheckedBounds                                 // ranges that contradict each other are given up
	ScalarCompareRanges                                 // comparisons of two unknown values are decided and refined
	ScalarSameRegister                                  // a register compared with itself
	ScalarTrialRefinement                               // a branch is dead when refining for it leaves no value
	ScalarForgetUnset                                   // ranges are given up where JSET did not jump
	ScalarUnknownOperand                                // or, xor, mul with a source that is not a constant
	ScalarSignFromRange                                 // signed bounds of and, or, xor from the unsigned ones
	ScalarUniformCarry                                  // sums and differences of which all overflow keep their bounds
	ScalarSignedProducts                                // products of negative and of large factors
	ScalarNegation                                      // negation keeps ranges
	ScalarDivision                                      // division and modulo by a constant keep ranges
	ScalarSignBitFork                                   // and, or with a value that is 0 or -1 are explored for both
	ScalarLinkedSync                                    // deductions about a linked value after its distance is added
	ScalarPlainNames                                    // logs say "scalar(umax=255)", not "inv(id=0,umax_value=255)"
	ScalarJoinedBounds                                  // logs say "smax=umax=255"
	ScalarSignedConstBits                               // logs show known negative bits as decimal numbers
	scalarEnd                                           // keep last
)

var scalarFeatures = [scalarEnd - firstScalar]FeatureInfo{
	{ScalarMulDecomposed, "product bits from known and unknown parts", Version{5, 14}},
	{ScalarMulUnion, "product bits by union", Version{6, 18}},
	{ScalarSwapBits, "bits of swapped bytes", Version{6, 18}},
	{ScalarCrossDeduction, "bounds deduced across widths and signs", Version{6, 8}},
	{ScalarSignGap, "bounds deduced across the sign change", Version{6, 12}},
	{ScalarSingleMember, "single common member of bits and range", Version{6, 18}},
	{ScalarBothHalves, "low bits from the whole range", Version{6, 1}},
	{ScalarCircularRanges, "circular ranges", Version{7, 2}},
	{ScalarCheckedBounds, "checked bounds", Version{6, 8}},
	{ScalarCompareRanges, "comparison of ranges", Version{6, 8}},
	{ScalarSameRegister, "comparison of a register with itself", Version{7, 0}},
	{ScalarTrialRefinement, "dead branches by refinement", Version{7, 1}},
	{ScalarForgetUnset, "bounds given up after JSET", Version{6, 1}},
	{ScalarUnknownOperand, "unknown operands of or, xor, mul", Version{6, 10}},
	{ScalarSignFromRange, "signed bounds of bitwise operations", Version{6, 10}},
	{ScalarUniformCarry, "bounds of sums that all overflow", Version{6, 17}},
	{ScalarSignedProducts, "bounds of signed products", Version{6, 15}},
	{ScalarNegation, "bounds of negations", Version{6, 18}},
	{ScalarDivision, "bounds of quotients and remainders", Version{7, 1}},
	{ScalarSignBitFork, "two paths for a sign mask", Version{6, 12}},
	{ScalarLinkedSync, "deductions about linked values", Version{6, 18}},
	{ScalarPlainNames, "plain names of scalars in logs", Version{5, 18}},
	{ScalarJoinedBounds, "joined bounds in logs", Version{6, 8}},
	{ScalarSignedConstBits, "signed constant bits in logs", Version{7, 0}},
}
