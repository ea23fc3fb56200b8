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

// atomicOn is an atomic operation without an offset.
func atomicOn(op int32, dst, src asm.Register, size asm.Size) asm.Instruction {
	code := asm.OpCode(asm.StXClass).SetMode(asm.AtomicMode).SetSize(size)
	return asm.Instruction{OpCode: code, Dst: dst, Src: src, Constant: int64(op)}
}

// atomic is an atomic operation on the last slot of the stack.
func atomic(op int32) asm.Instructions {
	last := atomicOn(op, asm.RFP, asm.R0, asm.DWord)
	last.Offset = -8
	return asm.Instructions{
		asm.Mov.Imm(asm.R0, 0),
		asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
		last,
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

// signMask makes 0 or 5 of the sign of a number.
var signMask = asm.Instructions{
	asm.FnGetPrandomU32.Call(),
	asm.ArSh.Imm32(asm.R0, 31),
	asm.And.Imm32(asm.R0, 5),
	asm.JEq.Imm(asm.R0, 0, "out"),
	asm.JEq.Imm(asm.R0, 5, "out"),
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
		{"sign mask before 6.18.44", linux.Release{Version: linux.V6_18, Patch: 15}, signMask, "invalid read from stack R10 off=8 size=8"},
		{"sign mask in 6.18.44", linux.Release{Version: linux.V6_18, Patch: 44}, signMask, ""},
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

// acquiresTask reads a kernel object that nobody holds with a load-acquire.
var acquiresTask = typedRegression{name: "load-acquire that may fault", typ: ebpf.RawTracepoint, insns: []asm.Instruction{
	static("prog", asm.Mov.Imm(asm.R1, 0), 1),
	kfunc("bpf_get_kmem_cache"),
	atomicOn(0x100, asm.R1, asm.R0, asm.DWord),
	asm.Mov.Imm(asm.R0, 0),
	asm.Return(),
}}

// meetsKinds adds to the stack or to the state of a dummy operation.
var meetsKinds = typedRegression{name: "atomic operation on two kinds of memory", typ: ebpf.StructOps, to: "bpf_dummy_ops:test_2", insns: []asm.Instruction{
	asm.LoadMem(asm.R8, asm.R1, 0, asm.DWord),
	asm.JEq.Imm(asm.R8, 0, "out"),
	asm.LoadMem(asm.R0, asm.R1, 8, asm.Word),
	asm.StoreImm(asm.RFP, -8, 0, asm.Word),
	asm.Mov.Reg(asm.R9, asm.RFP),
	asm.Add.Imm(asm.R9, -8),
	asm.JEq.Imm(asm.R0, 0, "use"),
	asm.Mov.Reg(asm.R9, asm.R8),
	atomicOn(0, asm.R9, asm.R0, asm.Word).WithSymbol("use"),
	asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
	asm.Return(),
}}

// calls calls f with five numbers, all that instructions can pass.
func calls(name string, f asm.Instruction) typedRegression {
	return typedRegression{name: name, typ: ebpf.XDP, insns: []asm.Instruction{
		static("prog", asm.Mov.Imm(asm.R1, 1), 1),
		asm.Mov.Imm(asm.R2, 2),
		asm.Mov.Imm(asm.R3, 3),
		asm.Mov.Imm(asm.R4, 4),
		asm.Mov.Imm(asm.R5, 5),
		asm.Call.Label("f"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		f,
		asm.Return(),
	}}
}

// Compilers leave out arguments of static functions, and keep their types.
var (
	takesSix = calls("six arguments", static("f", asm.Mov.Imm(asm.R0, 0), 6))
	needsSix = calls("six arguments of a global function", global("f", asm.Mov.Imm(asm.R0, 0), 6))
)

// ownCallback names the program itself where a callback belongs.
var ownCallback = typedRegression{name: "program as a callback", typ: ebpf.XDP, insns: []asm.Instruction{
	static("prog", asm.Mov.Imm(asm.R0, 0), 1),
	funcAddress(asm.R2, "prog"),
	asm.Return(),
}}

// leavesCallback leaves a callback by a tail call.
var leavesCallback = typedRegression{name: "tail call in a callback", typ: ebpf.XDP, insns: []asm.Instruction{
	static("prog", asm.StoreMem(asm.RFP, -8, asm.R1, asm.DWord), 1),
	asm.Mov.Imm(asm.R1, 4),
	funcAddress(asm.R2, "turn"),
	asm.Mov.Reg(asm.R3, asm.RFP),
	asm.Add.Imm(asm.R3, -8),
	asm.Mov.Imm(asm.R4, 0),
	asm.FnLoop.Call(),
	asm.Mov.Imm(asm.R0, 0),
	asm.Return(),
	static("turn", asm.LoadMem(asm.R1, asm.R2, 0, asm.DWord), 2),
	asm.LoadMapPtr(asm.R2, 0).WithReference("progs"),
	asm.Mov.Imm(asm.R3, 0),
	asm.FnTailCall.Call(),
	asm.Mov.Imm(asm.R0, 0),
	asm.Return(),
}, maps: []*ebpf.MapSpec{progs}}

var progs = &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 2}

// The member of a queueing discipline is handed a packet to keep or to drop.
var (
	tailWithPacket = typedRegression{name: "tail call with a packet in hand", typ: ebpf.StructOps, to: "Qdisc_ops:enqueue", insns: []asm.Instruction{
		asm.LoadMapPtr(asm.R2, 0).WithReference("progs"),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, maps: []*ebpf.MapSpec{progs}}
	readsDropped = typedRegression{name: "argument read when it was given away", typ: ebpf.StructOps, to: "Qdisc_ops:enqueue", insns: []asm.Instruction{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R2, asm.R6, 16, asm.DWord),
		asm.LoadMem(asm.R1, asm.R6, 0, asm.DWord),
		kfunc("bpf_qdisc_skb_drop"),
		asm.LoadMem(asm.R1, asm.R6, 0, asm.DWord),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}}
)

// followsUnion follows a function whose result is a union.
var followsUnion = typedRegression{name: "result that is a union", typ: ebpf.Tracing, attach: ebpf.AttachTraceFEntry, to: "secure_tcp_seq_and_ts_off", insns: []asm.Instruction{
	asm.Mov.Imm(asm.R0, 0),
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
		{acquiresTask, old, ""},
		{acquiresTask, now, "BPF_ATOMIC loads from R0 untrusted_ptr_ is not allowed"},
		{meetsKinds, linux.Release{Version: linux.V6_1}, ""},
		{meetsKinds, linux.Release{Version: linux.V6_12, Patch: 117}, "same insn cannot be used with different pointers"},
		{meetsKinds, old, ""},
		{meetsKinds, now, "same insn cannot be used with different pointers"},
		{takesSix, old, ""},
		{takesSix, now, "callee expects 6 args, stack arg1 is not initialized"},
		{needsSix, old, "Caller passes invalid args into func#1 ('f')"},
		{needsSix, now, "callee expects 6 args, stack arg1 is not initialized"},
		{ownCallback, now, "callback function cannot be the main program"},
		{leavesCallback, now, "cannot tail call within callback"},
		{tailWithPacket, now, "program with __ref argument cannot tail call"},
		{readsDropped, now, "invalid bpf_context access off=0. Reference may already be released"},
		{followsUnion, old, "The function secure_tcp_seq_and_ts_off return type UNION is unsupported."},
		{followsUnion, now, "The function secure_tcp_seq_and_ts_off return type UNION is unsupported."},
		{throws, now, "At program exit the register R1 has smin=2 smax=2 should have been in [0, 1]"},
	} {
		t.Run(c.program.name+" "+c.release.String(), func(t *testing.T) {
			goal := target.For(c.release, linux.CapAll, "")
			require.Equal(t, c.message, verify(t, c.program.link(t, goal), absint.Options{}).Message)
		})
	}
}
