package scalar

import (
	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/cfg"
)

// Op is an arithmetic operation: the high half of its opcode, or one of the
// signed divisions, which share an opcode with the unsigned ones.
type Op uint8

// Operations with two operands. The others (moves, negation, byte swaps) have
// functions of their own.
const (
	Add  = Op(cfg.AluADD >> 4)
	Sub  = Op(cfg.AluSUB >> 4)
	Mul  = Op(cfg.AluMUL >> 4)
	Div  = Op(cfg.AluDIV >> 4)
	Or   = Op(cfg.AluOR >> 4)
	And  = Op(cfg.AluAND >> 4)
	Lsh  = Op(cfg.AluLSH >> 4)
	Rsh  = Op(cfg.AluRSH >> 4)
	Mod  = Op(cfg.AluMOD >> 4)
	Xor  = Op(cfg.AluXOR >> 4)
	Arsh = Op(cfg.AluARSH >> 4)
	SDiv = Op(14)
	SMod = Op(15)
)

// OpOf returns the operation of an arithmetic instruction.
func OpOf(i cfg.Insn) Op {
	op := Op(i.Op >> 4)
	if i.Off == 1 {
		switch op {
		case Div:
			return SDiv
		case Mod:
			return SMod
		}
	}
	return op
}

// demand is what an operation needs of its source operand.
type demand uint8

const (
	never    demand = iota // the result is unknown whatever the operand is
	anything               // computed for every operand
	since610               // for every operand, but before 6.10 for constants only
	shift                  // a constant below the width
	divisor                // a constant, and ranges of quotients are tracked
)

var demands = [16]demand{
	Add: anything, Sub: anything, And: anything,
	Or: since610, Xor: since610, Mul: since610,
	Lsh: shift, Rsh: shift, Arsh: shift,
	Div: divisor, Mod: divisor, SDiv: divisor, SMod: divisor,
}

// outcome says what becomes of an operation before its ranges are computed.
type outcome uint8

const (
	compute   outcome = iota
	forget            // the result is unknown
	forgetLow         // the result is unknown, but extended from 32 bits
)

// Alu64 sets dst to the result of a 64-bit operation on dst and src. A source
// that is an immediate is the Const of its sign-extended value.
func Alu64(op Op, dst, src *Value, r *Rules) {
	known := src.IsConst()
	settled := known && src.Range64.isConst()
	if outcomeOf(op, src, 64, known, settled, src.Range64.isVoid(r), r) != compute {
		dst.SetUnknown()
		return
	}
	switch op {
	case Add:
		dst.add(src, r)
	case Sub:
		dst.sub(src, r)
	case Mul:
		dst.mul(src, r)
	case And:
		dst.and(src, r)
	case Or:
		dst.or(src, r)
	case Xor:
		dst.xor(src, r)
	case Lsh:
		dst.lsh64(uint8(src.UMin), r)
	case Rsh:
		dst.rsh64(uint8(src.UMin), r)
	case Arsh:
		dst.arsh64(uint8(src.UMin), r)
	default:
		dst.divide64(op, src.UMin, r)
	}
	dst.Sync(r)
	dst.checkBounds(r)
}

// Alu32 sets dst to the zero-extended result of a 32-bit operation on the lower
// halves of dst and src.
func Alu32(op Op, dst, src *Value, r *Rules) {
	known := src.IsConst32()
	settled := known && src.Low.isConst()
	switch outcomeOf(op, src, 32, known, settled, src.Low.isVoid(r), r) {
	case forget:
		dst.SetUnknown()
		return
	case forgetLow:
		dst.SetUnknown()
	default:
		dst.alu32(op, src, r)
	}
	dst.zeroExtend(r)
	dst.Sync(r)
	dst.checkBounds(r)
}

// alu32 computes the lower half; what becomes of the upper one does not matter,
// except that bitwise operations learn from it before it is cut off.
func (v *Value) alu32(op Op, src *Value, r *Rules) {
	switch op {
	case Add:
		v.add(src, r)
	case Sub:
		v.sub(src, r)
	case Mul:
		v.mul(src, r)
	case And:
		v.and(src, r)
		v.learnBits(r)
	case Or:
		v.or(src, r)
		v.learnBits(r)
	case Xor:
		v.xor(src, r)
		if !r.CircularRanges {
			v.learnBits(r)
		}
	case Lsh:
		v.lsh32(uint8(src.Low.UMin), r)
	case Rsh:
		v.rsh32(uint8(src.Low.UMin), r)
	case Arsh:
		v.arsh32(uint8(src.Low.UMin), r)
	default:
		v.divide32(op, src.Low.UMin, r)
	}
}

// outcomeOf decides by the source operand whether the kernel computes a result.
// The operand's part of the operation's width is known when its bits are, and
// settled when its bounds agree.
func outcomeOf(op Op, src *Value, width uint64, known, settled, void bool, r *Rules) outcome {
	need := demands[op&15]
	if r.UnknownOperand {
		switch {
		case need == anything, need == since610:
			return compute
		case need == shift && settled && src.UMax < width:
			return compute
		case need == divisor && settled && r.Division:
			return compute
		}
		return forget
	}
	switch {
	case void, known && !settled, !known && need != anything:
		return forget
	case need == shift && src.UMax >= width, need == divisor, need == never:
		return forgetLow
	}
	return compute
}

// Neg sets v to its negation.
func (v *Value) Neg(is32 bool, r *Rules) {
	if !r.Negation {
		v.SetUnknown()
		return
	}
	operand := *v
	v.SetConst(0)
	v.sub(&operand, r)
	if is32 {
		v.zeroExtend(r)
	}
	v.Sync(r)
	v.checkBounds(r)
}

// AddOffset adds a scalar to the variable part of a pointer's offset, which has
// no range of its lower half.
func (v *Value) AddOffset(off *Value, r *Rules) {
	v.Low = unknown.Low
	v.Range64.add(&off.Range64, false, r)
	v.Tnum = v.Tnum.Add(off.Tnum)
	v.Sync(r)
}

// SubOffset subtracts a scalar from the variable part of a pointer's offset.
func (v *Value) SubOffset(off *Value, r *Rules) {
	v.Low = unknown.Low
	v.Range64.sub(&off.Range64, false, r)
	v.Tnum = v.Tnum.Sub(off.Tnum)
	v.Sync(r)
}

// mulTnum multiplies bits the way the kernel does.
func mulTnum(a, b tnum.Tnum, r *Rules) tnum.Tnum {
	switch {
	case r.MulUnion:
		return tnum.MulUnion(a, b)
	case r.MulDecomposed:
		return tnum.MulDecomposed(a, b)
	}
	return tnum.MulHalves(a, b)
}
