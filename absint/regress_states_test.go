package absint_test

import (
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

const stateFreq = 8

var programs = &ebpf.MapSpec{Name: "programs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}

// storeNumber stores 8 bytes.
func storeNumber(dst asm.Register, off int16, n int64) asm.Instruction {
	op := asm.OpCode(asm.StClass).SetMode(asm.MemMode).SetSize(asm.DWord)
	return asm.Instruction{OpCode: op, Dst: dst, Offset: off, Constant: n}
}

// offsetBy stores one of two offsets in the stack, has a function look at the
// slot and loads from the stack at what the slot holds then.
func offsetBy(fn ...asm.Instruction) []asm.Instruction {
	return slices.Concat([]asm.Instruction{
		static("prog", asm.Mov.Reg(asm.R6, asm.R1), 1),
		storeNumber(asm.RFP, -8, -8),
		asm.FnGetPrandomU32.Call(),
		asm.JNE.Imm(asm.R0, 42, "far"),
		asm.Ja.Label("call"),
		storeNumber(asm.RFP, -8, -1024).WithSymbol("far"),
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("call"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -8),
		asm.Call.Label("fn"),
		asm.LoadMem(asm.R1, asm.RFP, -8, asm.DWord),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R0, asm.R2, 0, asm.DWord),
		asm.Return(),
	}, fn)
}

// What Linux 6.18 prunes, remembering a state at every instruction. It accepts
// some programs that are not safe.
var stateRegressions = []typedRegression{
	{"store behind a tail call", ebpf.SocketFilter, 0, "", offsetBy(
		static("fn", asm.Mov.Reg(asm.R6, asm.R2), 2),
		asm.LoadMapPtr(asm.R2, 0).WithReference("programs"),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnTailCall.Call(),
		storeNumber(asm.R6, 0, -16),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	), []*ebpf.MapSpec{programs}, ""},
	{"store on one way through a function", ebpf.SocketFilter, 0, "", offsetBy(
		static("fn", asm.Mov.Reg(asm.R6, asm.R2), 2),
		asm.FnGetPrandomU32.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		storeNumber(asm.R6, 0, -16),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	), nil, "invalid read from stack R2 off=-1024 size=8"},
	{"turns of a callback", ebpf.RawTracepoint, 0, "", []asm.Instruction{
		static("prog", asm.FnGetPrandomU32.Call(), 1),
		asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
		storeNumber(asm.RFP, -16, -32),
		asm.Mov.Imm(asm.R1, 7),
		funcAddress(asm.R2, "turn"),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("turn", asm.Mov.Reg(asm.R9, asm.R2), 2),
		asm.LoadMem(asm.R8, asm.R9, -8, asm.DWord),
		asm.LoadMem(asm.R6, asm.R9, -16, asm.DWord),
		asm.FnGetPrandomU32.Call(),
		asm.JGT.Reg(asm.R0, asm.R8, "use"),
		asm.FnGetPrandomU32.Call().WithSymbol("more"),
		asm.JGT.Reg(asm.R0, asm.R8, "change"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
		asm.Mov.Reg(asm.R1, asm.RFP).WithSymbol("use"),
		asm.Add.Reg(asm.R1, asm.R6),
		storeNumber(asm.R1, 0, 42),
		asm.Ja.Label("more"),
		storeNumber(asm.R9, -16, -31).WithSymbol("change"),
		asm.Ja.Label("out"),
	}, nil, ""},
}
