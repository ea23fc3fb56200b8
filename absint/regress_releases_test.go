package absint_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// atomic is an atomic operation on the last slot of the stack.
func atomic(op int32) asm.Instructions {
	code := asm.OpCode(asm.StXClass).SetMode(asm.AtomicMode).SetSize(asm.DWord)
	return asm.Instructions{
		asm.Mov.Imm(asm.R0, 0),
		asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
		{OpCode: code, Dst: asm.RFP, Src: asm.R0, Offset: -8, Constant: int64(op)},
		asm.Return(),
	}
}

// aheadOf learns of a scalar from one that is 4 greater, and then from another
// comparison of that one.
var aheadOf = asm.Instructions{
	asm.FnGetPrandomU32.Call(),
	asm.And.Imm(asm.R0, 0xff),
	asm.Mov.Reg(asm.R1, asm.R0),
	asm.Add.Imm(asm.R1, 4),
	asm.JLT.Imm(asm.R1, 10, "out"),
	asm.Mov.Reg(asm.R2, asm.R0),
	asm.JLT.Imm(asm.R1, 14, "out"),
	asm.JGE.Imm(asm.R0, 10, "out"),
	asm.LoadMem(asm.R0, asm.R10, 8, asm.DWord), // not reached
	asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
	asm.Return(),
}

// Verdicts that differ between releases, as real kernels gave them.
func TestReleases(t *testing.T) {
	for _, c := range []struct {
		name    string
		release linux.Release
		insns   asm.Instructions
		message string
	}{
		{"load-acquire before 6.15", linux.Release{Version: linux.V6_12}, atomic(0x100), "BPF_ATOMIC uses invalid atomic opcode 100"},
		{"store-release before 6.15", linux.Release{Version: linux.V6_12}, atomic(0x110), "BPF_ATOMIC uses invalid atomic opcode 110"},
		{"distance lost by a comparison", linux.Release{Version: linux.V6_12}, aheadOf, "invalid read from stack R10 off=8 size=8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			goal := &prog.Target{Kernel: c.release.Version, Patch: c.release.Patch, Caps: linux.CapAll}
			p, err := prog.FromInstructions(goal, ebpf.SocketFilter, c.insns)
			require.NoError(t, err)
			require.Equal(t, c.message, verify(t, p, absint.Options{}).Message)
		})
	}
}

// fillsTask passes a kernel object to a function that stores to its memory.
func fillsTask() typedRegression {
	number := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	fill := global("fill", asm.JEq.Imm(asm.R1, 0, "out"), 0)
	btf.FuncMetadata(&fill).Type.(*btf.FuncProto).Params = []btf.FuncParam{{Name: "p", Type: &btf.Pointer{Target: number}}}
	return typedRegression{name: "store to a kernel object in a function", typ: ebpf.RawTracepoint, insns: []asm.Instruction{
		static("prog", asm.FnGetCurrentTaskBtf.Call(), 1),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.Call.Label("fill"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		fill,
		asm.StoreImm(asm.R1, 0, 42, asm.Word),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}}
}

// throws throws in a function what the program may not return.
var throws = typedRegression{name: "exception in a function", typ: ebpf.CGroupSysctl, insns: []asm.Instruction{
	static("prog", asm.Mov.Imm(asm.R1, 0), 1),
	asm.Call.Label("thrower"),
	asm.Mov.Imm(asm.R0, 1),
	asm.Return(),
	global("thrower", asm.Mov.Imm(asm.R1, 2), 1),
	kfunc("bpf_throw"),
	asm.Return(),
}}

func TestTypedReleases(t *testing.T) {
	old, now := linux.Release{Version: linux.V6_18, Patch: 44}, linux.Release{Version: linux.V7_2}
	for _, c := range []struct {
		program typedRegression
		release linux.Release
		message string
	}{
		{fillsTask(), old, ""},
		{fillsTask(), now, "Caller passes invalid args into func#1 ('fill')"},
		{throws, old, ""},
		{throws, now, "At program exit the register R1 has smin=2 smax=2 should have been in [0, 1]"},
	} {
		t.Run(c.program.name+" "+c.release.String(), func(t *testing.T) {
			goal := target.For(c.release, linux.CapAll, "")
			require.Equal(t, c.message, verify(t, c.program.link(t, goal), absint.Options{}).Message)
		})
	}
}
