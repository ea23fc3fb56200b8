package absint

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/absint/scalar"
	"github.com/bpflint/bpflint/cfg"
)

// readable checks that a register holds something.
func (m *machine) readable(r uint8) bool {
	if r >= cfg.NumRegs {
		m.fail("EINVAL", "R%d is invalid", r)
		return false
	}
	if m.top.regs[r].kind != kindNone {
		return true
	}
	m.fail("EACCES", "R%d !read_ok", r)
	return false
}

// writable checks that a register may be overwritten.
func (m *machine) writable(r uint8) bool {
	switch {
	case r < cfg.FP:
		return true
	case r > cfg.FP:
		m.fail("EINVAL", "R%d is invalid", r)
		return false
	}
	m.fail("EACCES", "frame pointer is read only")
	return false
}

// secret reports whether a value is a pointer that the program must not learn
// anything about.
func (m *machine) secret(v *value) bool {
	return !m.rules.ptrLeaks && v.kind != kindScalar
}

func (m *machine) stepInvalid(*instr) outcome { return m.unsupported("indirect jump") }

func (m *machine) stepMOV(in *instr) outcome {
	if in.castsAddress() && m.arena < 0 {
		return m.fail("EINVAL", "addr_space_cast insn can only be used in a program that has an associated arena")
	}
	if in.hasSrc() && !m.readable(in.Src()) || !m.writable(in.Dst()) {
		return failed
	}
	dst := m.reg(in.Dst())
	if !in.hasSrc() {
		*dst = constant(in.imm)
		return next
	}
	src := m.reg(in.Src())
	if in.castsAddress() {
		castAddress(in, dst)
		return next
	}
	if in.is64() && in.Off == 0 {
		m.tie(src)
		*dst = *src
		return next
	}
	if src.kind != kindScalar {
		return m.movPartOfPointer(in, dst, src)
	}
	keeps := src.fitsIn32()
	if in.Off != 0 {
		keeps = src.num.UMax < 1<<(in.Off-1)
	}
	keeps = keeps && m.rules.linkMov32
	if keeps {
		m.tie(src)
	}
	*dst = *src
	if !keeps {
		dst.unlink()
	}
	if in.Off == 0 {
		dst.num.Mov32(m.num)
	} else {
		dst.num.MovSX(int(in.Off/8), !in.is64(), m.num)
	}
	return next
}

// movPartOfPointer moves less than all of a pointer, which leaves a number.
func (m *machine) movPartOfPointer(in *instr, dst, src *value) outcome {
	if m.secret(src) {
		if in.is64() {
			return m.fail("EACCES", "R%d sign-extension part of pointer", in.Src())
		}
		return m.fail("EACCES", "R%d partial copy of pointer", in.Src())
	}
	*dst = unknown()
	if !in.is64() {
		dst.num.Mov32(m.num)
	}
	return next
}

// tie gives a scalar an id before it is copied, so that what is learnt about
// one copy is known of the other. Constants need none, but kernels before 6.5 give
// them one, and so may take a loop that copies them for one that makes progress.
func (m *machine) tie(v *value) {
	if v.kind != kindScalar {
		return
	}
	if v.link != linkSame {
		v.unlink() // the copy would be derived from something else
	}
	if v.id == 0 && (m.rules.constIDs || !v.num.IsConst()) {
		v.id = m.newID()
	}
}

func (m *machine) stepNEG(in *instr) outcome {
	return m.unary(in, func(v *scalar.Value) { v.Neg(!in.is64(), m.num) })
}

func (m *machine) stepEND(in *instr) outcome {
	reverse := in.is64() || in.hasSrc() != m.bigEndian()
	return m.unary(in, func(v *scalar.Value) { v.Swap(int(in.Insn.Imm)/8, reverse, m.num) })
}

func (m *machine) unary(in *instr, op func(*scalar.Value)) outcome {
	if !m.readable(in.Dst()) {
		return failed
	}
	dst := m.reg(in.Dst())
	if m.secret(dst) {
		return m.fail("EACCES", "R%d pointer arithmetic prohibited", in.Dst())
	}
	if !m.writable(in.Dst()) {
		return failed
	}
	if dst.kind != kindScalar {
		*dst = unknown()
		return next
	}
	op(&dst.num)
	dst.unlink()
	return next
}

func (m *machine) stepALU(in *instr) outcome {
	if in.hasSrc() && !m.readable(in.Src()) || !m.readable(in.Dst()) {
		return failed
	}
	if !in.hasSrc() {
		if msg := badConstant(in); msg != "" {
			return m.fail("EINVAL", msg, in.Insn.Imm)
		}
	}
	if !m.writable(in.Dst()) {
		return failed
	}
	dst := m.reg(in.Dst())
	if !in.hasSrc() {
		operand := constant(in.imm)
		if m.arenaMath(dst, nil) {
			return next
		}
		if dst.kind != kindScalar {
			return m.pointerMath(in, dst, *dst, &operand)
		}
		return m.scalarMath(in, dst, operand)
	}
	src := m.reg(in.Src())
	switch {
	case m.arenaMath(dst, src):
		return next
	case dst.kind != kindScalar && src.kind != kindScalar:
		if in.code() == cfg.AluSUB && m.rules.ptrLeaks {
			*dst = unknown()
			return next
		}
		return m.fail("EACCES", "R%d pointer %s pointer prohibited", in.Dst(), aluName(in.code()))
	case dst.kind != kindScalar:
		m.needReg(in.Src())
		return m.pointerMath(in, dst, *dst, src)
	case src.kind != kindScalar:
		m.needReg(in.Dst())
		operand := *dst
		return m.pointerMath(in, dst, *src, &operand)
	}
	return m.scalarMath(in, dst, *src)
}

// badConstant returns the format of the message about a constant operand that
// the operation does not take.
func badConstant(in *instr) string {
	switch in.code() {
	case cfg.AluDIV, cfg.AluMOD:
		if in.Insn.Imm == 0 {
			return "div by zero%.0d"
		}
	case cfg.AluLSH, cfg.AluRSH, cfg.AluARSH:
		if in.Insn.Imm < 0 || in.Insn.Imm >= 64 || in.Insn.Imm >= 32 && !in.is64() {
			return "invalid shift %d"
		}
	}
	return ""
}

func (m *machine) scalarMath(in *instr, dst *value, src value) outcome {
	if m.maskNumbers(in) == failed {
		return failed
	}
	code := in.code()
	if m.num.SignBitFork && (code == cfg.AluAND || code == cfg.AluOR) && src.num.IsConst() {
		if !m.forkSigns(in, dst) {
			return failed
		}
	}
	before := dst.num.UMax
	if in.is64() {
		scalar.Alu64(scalar.OpOf(in.Insn), &dst.num, &src.num, m.num)
	} else {
		scalar.Alu32(scalar.OpOf(in.Insn), &dst.num, &src.num, m.num)
	}
	m.deriveID(in, dst, &src, before)
	return next
}

// deriveID keeps track of how a scalar differs from those that it was equal
// to: after adding a constant they still tell about each other.
func (m *machine) deriveID(in *instr, dst, src *value, before uint64) {
	code := in.code()
	add := code == cfg.AluADD || m.rules.linkAlu32 && code == cfg.AluSUB
	is64 := in.is64()
	itself := in.hasSrc() && in.Src() == in.Dst()
	switch {
	case dst.id == 0, !m.rules.linkOffsets, !add, !is64 && !m.rules.linkAlu32, itself && m.rules.linksCut,
		is64 && !src.num.IsConst(), !is64 && !src.num.IsConst32():
		m.cut(dst)
		return
	}
	delta := int64(src.num.Tnum.Value)
	if itself {
		delta = int64(dst.num.Tnum.Value) // the kernel looks at the sum already
	}
	if !is64 {
		delta = int64(int32(src.num.Tnum.Value))
	}
	if code == cfg.AluSUB {
		delta = -delta
	}
	if dst.link != linkSame || delta != int64(int32(delta)) || delta < 0 && !m.rules.linkAlu32 || !is64 && before > 1<<32-1 {
		dst.unlink()
		return
	}
	dst.off, dst.link = int32(delta), linkAdd64
	if !is64 {
		dst.link = linkAdd32
	}
}

// cut unties a scalar. Some releases leave the distance behind, and count on it
// when the scalar is copied.
func (m *machine) cut(v *value) {
	if m.rules.linksCut {
		v.off = 0
	}
	v.id, v.link = 0, linkSame
}

// forkSigns explores both values of a scalar that is known to be 0 or -1, the
// result of a signed shift: the mask that follows then gives two constants. The
// other path executes the instruction again.
func (m *machine) forkSigns(in *instr, dst *value) bool {
	is32 := false
	switch n := &dst.num; {
	case n.SMin == -1 && n.SMax == 0:
	case n.Low.SMin == -1 && n.Low.SMax == 0:
		is32 = true
	default:
		return true
	}
	other := m.fork(m.cur.insn)
	if other == nil {
		return false
	}
	zero := &other.top().regs[in.Dst()]
	if is32 {
		low, minus1 := scalar.Const(0), scalar.Const(^uint64(0))
		scalar.Refine(scalar.Eq, true, true, &zero.num, &low, m.num)
		scalar.Refine(scalar.Eq, true, true, &dst.num, &minus1, m.num)
	} else {
		zero.num.SetConst(0)
		dst.num.SetConst(^uint64(0))
	}
	return true
}

func (m *machine) bigEndian() bool { return m.order == binary.BigEndian }

// limitSigned and limitUnsigned narrow a number to a range.
func (m *machine) limitSigned(v *value, lo, hi int64) {
	low, high := scalar.Const(uint64(lo)), scalar.Const(uint64(hi))
	scalar.Refine(scalar.Sge, false, true, &v.num, &low, m.num)
	scalar.Refine(scalar.Sle, false, true, &v.num, &high, m.num)
}

func (m *machine) limitUnsigned(v *value, hi uint64) {
	high := scalar.Const(hi)
	scalar.Refine(scalar.Le, false, true, &v.num, &high, m.num)
}
