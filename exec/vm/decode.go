package vm

import (
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
)

// zeroReg is a register that programs cannot name; it always holds 0.
const zeroReg = 15

// none marks an operation that the table does not have.
const none = opCount

// aluGroups maps the operation of an arithmetic instruction, Op>>4, to its group.
var aluGroups = [16]op{
	opAdd, opSub, opMul, opDiv, opOr, opAnd, opLsh, opRsh,
	none, opMod, opXor, opMov, opArsh, none, none, none,
}

// jumpGroups maps the operation of a conditional jump, Op>>4, to its group.
var jumpGroups = [16]op{
	none, opJeq, opJgt, opJge, opJset, opJne, opJsgt, opJsge,
	none, none, opJlt, opJle, opJslt, opJsle, none, none,
}

// variant picks the variant of a group by width and operand.
func variant(in cfg.Insn, wide bool) op {
	v := op(var64X)
	if !wide {
		v = var32X
	}
	if in.Op&cfg.SrcX == 0 {
		v++
	}
	return v
}

// operands checks the source register, which is unused with an immediate.
func operands(in cfg.Insn) (inst, error) {
	i := inst{dst: in.Dst(), imm: uint64(int64(in.Imm))}
	if in.Op&cfg.SrcX != 0 {
		if i.src = in.Src(); i.src >= cfg.NumRegs {
			return i, errRegister
		}
	}
	return i, nil
}

// A move with this offset casts between address spaces; the immediate holds
// them, the one of the result in the upper half.
const (
	castOff      = 1
	castToKernel = 1
	castToUser   = 1 << 16
)

// alu predecodes classes ALU and ALU64. An offset of 1 where it has no meaning is
// ignored: kernels from 6.6 to 7.1 accept it.
func (l *loader) alu(in cfg.Insn) error {
	wide := in.Class() == cfg.ClassALU64
	i, err := operands(in)
	if err != nil {
		return err
	}
	switch code := in.Op & 0xf0; {
	case code == cfg.AluNEG:
		if i.op = opNeg32; wide {
			i.op = opNeg64
		}
		l.emit(i)
		return nil
	case code == cfg.AluEND:
		i.op, i.src = swapOp(in, wide), i.dst
	case code == cfg.AluMOV && in.Off == castOff && wide && in.Op&cfg.SrcX != 0:
		if l.code.cast == nil || in.Imm != castToKernel && in.Imm != castToUser {
			return errCast
		}
		i.op, i.imm = opCast, uint64(in.Imm>>16)
	case code == cfg.AluMOV && in.Off != 0:
		i.op = signExtendOp(in, wide)
	case in.Off == 1 && code == cfg.AluDIV:
		i.op = opSdiv + variant(in, wide)
	case in.Off == 1 && code == cfg.AluMOD:
		i.op = opSmod + variant(in, wide)
	case in.Off <= 1 && in.Off >= 0 && aluGroups[code>>4] != none:
		i.op = aluGroups[code>>4] + variant(in, wide)
	default:
		i.op = none
	}
	if i.op == none {
		return errOpcode
	}
	l.emit(constShift(i, wide))
	return nil
}

// constShift reduces the count of a shift by a constant, so that the machine
// need not.
func constShift(i inst, wide bool) inst {
	switch i.op {
	case opLsh + var64K, opRsh + var64K, opArsh + var64K:
		i.imm &= 63
	case opLsh + var32K, opRsh + var32K, opArsh + var32K:
		i.imm &= 31
	}
	return i
}

// swapOp is the byte swap of an END instruction: class ALU64 always swaps,
// class ALU converts to the order that the source bit tells.
func swapOp(in cfg.Insn, wide bool) op {
	type key struct {
		swap  bool
		width int32
	}
	switch (key{wide || in.Op&cfg.SrcX != 0, in.Imm}) {
	case key{false, 16}:
		return opZext16
	case key{false, 32}:
		return opZext32
	case key{false, 64}:
		return opMov + var64X // to itself
	case key{true, 16}:
		return opSwap16
	case key{true, 32}:
		return opSwap32
	case key{true, 64}:
		return opSwap64
	}
	return none
}

// signExtendOp is a move that extends the sign of 8, 16 or 32 bits.
func signExtendOp(in cfg.Insn, wide bool) op {
	if in.Op&cfg.SrcX == 0 {
		return none
	}
	switch {
	case in.Off == 8 && wide:
		return opSext64From8
	case in.Off == 16 && wide:
		return opSext64From16
	case in.Off == 32 && wide:
		return opSext64From32
	case in.Off == 8:
		return opSext32From8
	case in.Off == 16:
		return opSext32From16
	}
	return none
}

// jump predecodes classes JMP and JMP32.
func (l *loader) jump(in cfg.Insn) error {
	switch in.Op {
	case cfg.OpCALL:
		return l.call(in)
	case cfg.OpCALLX:
		return l.callRegister(in)
	case cfg.OpEXIT:
		l.emit(inst{op: opExit})
		return nil
	case cfg.OpJA, cfg.OpJA32, cfg.OpMayGoto:
		i := inst{op: opJa}
		if in.Op == cfg.OpMayGoto {
			i.op = opMayGoto
		}
		rel, _ := reference(in)
		t, err := l.target(l.slot, rel)
		if err != nil {
			return err
		}
		l.emitTo(i, t)
		return nil
	}
	group := jumpGroups[in.Op>>4]
	if group == none {
		return errOpcode
	}
	i, err := operands(in)
	if err != nil {
		return err
	}
	t, err := l.target(l.slot, int32(in.Off))
	if err != nil {
		return err
	}
	i.op = group + variant(in, in.Class() == cfg.ClassJMP)
	l.emitTo(i, t)
	return nil
}

// tailCallHelper is the number of bpf_tail_call.
const tailCallHelper = 12

// call predecodes a call of a helper, a kfunc or a function of the program.
func (l *loader) call(in cfg.Insn) error {
	var f Func
	var err error
	switch in.Src() {
	case cfg.CallLocal:
		t, err := l.target(l.slot, in.Imm)
		if err != nil {
			return err
		}
		l.emitTo(inst{op: opCallLocal, imm: uint64(l.localCalls)}, t)
		l.localCalls++
		if l.opts.Observer.Enter != nil {
			l.emit(inst{op: opResume})
		}
		return nil
	case cfg.CallHelper:
		if in.Imm == tailCallHelper && l.code.tail != nil {
			return l.tailCall()
		}
		f, err = l.opts.Linker.Helper(in.Imm)
	case cfg.CallKfunc:
		f, err = l.opts.Linker.Kfunc(in.Imm, in.Off)
	default:
		return errOpcode
	}
	if err != nil {
		return err
	}
	if wrap := l.opts.Observer.Call; wrap != nil {
		f = wrap(l.slot, f)
	}
	l.emit(inst{op: opCallFunc, imm: uint64(len(l.code.calls))})
	l.code.calls = append(l.code.calls, f)
	return nil
}

// callRegister predecodes a call of what a register holds: a function of the
// program, by its address, or a helper, by its number. Linux has no such
// instruction; compilers make it of function pointers.
func (l *loader) callRegister(in cfg.Insn) error {
	reg, helpers := in.Dst(), l.opts.CallNumber
	f := func(c *CPU) (uint64, error) {
		target := c.R[reg]
		if target-c.code.base < uint64(len(c.code.insts)) {
			return c.Call(target, c.R[1], c.R[2], c.R[3], c.R[4], c.R[5])
		}
		if helpers == nil {
			return 0, errFunc
		}
		return helpers(c, target)
	}
	l.emit(inst{op: opCallFunc, imm: uint64(len(l.code.calls))})
	l.code.calls = append(l.code.calls, f)
	return nil
}

// sizeOf is the width of a memory instruction in bytes.
func sizeOf(opcode uint8) int {
	return [4]int{4, 2, 1, 8}[opcode>>3&3]
}

// Operations of memory instructions by size, in the order of sizeOf's table.
var (
	loadOps       = [4]op{opLoad32, opLoad16, opLoad8, opLoad64}
	loadSignedOps = [4]op{opLoadS32, opLoadS16, opLoadS8, none}
	storeRegOps   = [4]op{opStore32X, opStore16X, opStore8X, opStore64X}
	storeImmOps   = [4]op{opStore32K, opStore16K, opStore8K, opStore64K}
)

// memory predecodes classes LDX, ST and STX.
func (l *loader) memory(in cfg.Insn) error {
	i := inst{dst: in.Dst(), src: in.Src(), off: int32(in.Off), imm: uint64(int64(in.Imm))}
	if in.Class() == cfg.ClassST {
		i.src = 0
	}
	if i.src >= cfg.NumRegs {
		return errRegister
	}
	size := in.Op >> 3 & 3
	switch in.Op &^ 0x18 {
	case cfg.ClassLDX | cfg.ModeMEM:
		i.op = loadOps[size]
	case cfg.ClassLDX | cfg.ModeMEMSX:
		i.op = loadSignedOps[size]
	case cfg.ClassST | cfg.ModeMEM:
		i.op = storeImmOps[size]
	case cfg.ClassSTX | cfg.ModeMEM:
		i.op = storeRegOps[size]
	case cfg.ClassSTX | cfg.ModeATOMIC:
		if !knownAtomic(in.Imm, sizeOf(in.Op)) {
			return errOpcode
		}
		i.op, i.imm = opAtomic, atomicOp(in.Imm, sizeOf(in.Op))
	default:
		return errOpcode
	}
	if i.op == none {
		return errOpcode
	}
	base := in.Dst()
	if in.Class() == cfg.ClassLDX {
		base = in.Src()
	}
	switch own, ok := l.ownStack(i, base, sizeOf(in.Op)); {
	case ok:
		i = own
	case i.op != opAtomic:
		i = i.at(int64(in.Off) - mem.Bias)
	}
	l.emit(i)
	return nil
}

// at gives a load or a store the offset of its address. It is in imm, which is
// quicker to get, unless that holds the value to be stored.
func (i inst) at(off int64) inst {
	if i.storesImm() {
		i.off = int32(off)
	} else {
		i.imm = uint64(off)
	}
	return i
}

// storesImm reports whether an inst stores its imm.
func (i inst) storesImm() bool {
	return i.op >= opStore8K && i.op <= opStore64K || i.op >= opStoreFrame8K && i.op <= opStoreFrame64K
}
