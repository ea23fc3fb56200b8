package absint_test

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// mayGoto leaves a loop once its budget is used up.
func mayGoto(label string) asm.Instruction {
	return asm.Instruction{OpCode: asm.OpCode(0xe5), Offset: -1}.WithReference(label)
}

// Loops that the kernel ends by itself, as Linux 6.18.44 judges them.
var loops = []regression{
	{"endless but for its budget", ebpf.SocketFilter, 0, asm.Instructions{
		mayGoto("out").WithSymbol("again"),
		asm.Ja.Label("again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "", 0},
	{"a counter that nobody relies on", ebpf.SocketFilter, 0, asm.Instructions{
		asm.Mov.Imm(asm.R6, 0),
		mayGoto("out").WithSymbol("again"),
		asm.Add.Imm(asm.R6, 1),
		asm.Ja.Label("again"),
		asm.Mov.Reg(asm.R0, asm.R6).WithSymbol("out"),
		asm.Return(),
	}, nil, "", 0},
	{"an offset that grows", ebpf.SocketFilter, 0, asm.Instructions{
		asm.Mov.Imm(asm.R6, -8),
		mayGoto("out").WithSymbol("again"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Reg(asm.R2, asm.R6),
		asm.StoreImm(asm.R2, 0, 0, asm.Word),
		asm.Sub.Imm(asm.R6, 8),
		asm.Ja.Label("again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "invalid write to stack R2 off=-520 size=4", 4},
	// The path around the access changes the offset before anything insists
	// on it.
	{"an offset that a later path relies on", ebpf.SocketFilter, 0, asm.Instructions{
		asm.Mov.Imm(asm.R7, -16),
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		mayGoto("out").WithSymbol("again"),
		asm.JEq.Imm(asm.R6, 42, "use"),
		asm.Mov.Imm(asm.R7, -4096),
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		asm.Ja.Label("again"),
		asm.Mov.Reg(asm.R0, asm.RFP).WithSymbol("use"),
		asm.Add.Reg(asm.R0, asm.R7),
		asm.StoreImm(asm.R0, 0, 0, asm.Word),
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		asm.Ja.Label("again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "math between fp pointer and register with unbounded min value is not allowed", 10},
	{"a plain loop inside", ebpf.SocketFilter, 0, asm.Instructions{
		mayGoto("out").WithSymbol("again"),
		asm.Mov.Imm(asm.R6, 0),
		asm.Add.Imm(asm.R6, 1).WithSymbol("inner"),
		asm.JLT.Imm(asm.R6, 10, "inner"),
		asm.Ja.Label("again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "", 0},
	{"an endless loop inside", ebpf.SocketFilter, 0, asm.Instructions{
		mayGoto("out").WithSymbol("again"),
		asm.Mov.Imm(asm.R6, 0).WithSymbol("inner"),
		asm.JLT.Imm(asm.R1, 10, "inner"),
		asm.Ja.Label("again"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "infinite loop detected at insn 2", 1},
}

func init() { regressions = append(regressions, loops...) }
