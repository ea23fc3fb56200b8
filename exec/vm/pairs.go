package vm

// Operations that stand for an instruction and the next. The next keeps its
// place, so that jumps may lead to it and instructions are counted as before;
// what is saved is its dispatch.
const (
	opMov64XAdd64K = opCount + iota
	opMov64XAdd64X
	opMov64XRsh64K
	opMov64XLsh64K
	opMov64XAnd64K
	opMov64XMov64X
	opMov64KMov64K
	opLsh64KRsh64K
	opLsh64KArsh64K
	opLsh64KOr64X
	opRsh64KOr64X
	opRsh64KAnd64X
	opXor64XMul64X
	opAdd64KJne64K
	opAdd64KJlt64K
	opAdd64KJne64X
	opSub64KJne64K
	opAnd64KJeq64K
	opAnd64KJne64K
	opLoad8Jne64K
	opLoad16Jne64K
	opLoad32Jne64K
	opLoad64Store64X
	opAdd64XLoad8
	opAdd64XLoad64
)

type opPair struct{ first, second op }

// pairs are the instructions that follow each other most in compiled programs
// and in loops over memory.
var pairs = map[opPair]op{
	{opMov + var64X, opAdd + var64K}:  opMov64XAdd64K,
	{opMov + var64X, opAdd + var64X}:  opMov64XAdd64X,
	{opMov + var64X, opRsh + var64K}:  opMov64XRsh64K,
	{opMov + var64X, opLsh + var64K}:  opMov64XLsh64K,
	{opMov + var64X, opAnd + var64K}:  opMov64XAnd64K,
	{opMov + var64X, opMov + var64X}:  opMov64XMov64X,
	{opMov + var64K, opMov + var64K}:  opMov64KMov64K,
	{opLsh + var64K, opRsh + var64K}:  opLsh64KRsh64K,
	{opLsh + var64K, opArsh + var64K}: opLsh64KArsh64K,
	{opLsh + var64K, opOr + var64X}:   opLsh64KOr64X,
	{opRsh + var64K, opOr + var64X}:   opRsh64KOr64X,
	{opRsh + var64K, opAnd + var64X}:  opRsh64KAnd64X,
	{opXor + var64X, opMul + var64X}:  opXor64XMul64X,
	{opAdd + var64K, opJne + var64K}:  opAdd64KJne64K,
	{opAdd + var64K, opJlt + var64K}:  opAdd64KJlt64K,
	{opAdd + var64K, opJne + var64X}:  opAdd64KJne64X,
	{opSub + var64K, opJne + var64K}:  opSub64KJne64K,
	{opAnd + var64K, opJeq + var64K}:  opAnd64KJeq64K,
	{opAnd + var64K, opJne + var64K}:  opAnd64KJne64K,
	{opLoad8, opJne + var64K}:         opLoad8Jne64K,
	{opLoad16, opJne + var64K}:        opLoad16Jne64K,
	{opLoad32, opJne + var64K}:        opLoad32Jne64K,
	{opLoad64, opStore64X}:            opLoad64Store64X,
	{opAdd + var64X, opLoad8}:         opAdd64XLoad8,
	{opAdd + var64X, opLoad64}:        opAdd64XLoad64,
}

// fuse lets instructions take along the next where there is an operation for
// both. What observes a program stands between instructions and parts them.
func (l *loader) fuse() {
	insts := l.code.insts
	for i := range insts[:len(insts)-1] {
		if fused, ok := pairs[opPair{insts[i].op, insts[i+1].op}]; ok {
			insts[i].op = fused
		}
	}
}
