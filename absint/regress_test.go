package absint_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// regression is a shrunk program on which bpflint and a kernel once disagreed.
type regression struct {
	name    string
	typ     ebpf.ProgramType
	flags   uint32
	insns   asm.Instructions
	maps    []*ebpf.MapSpec
	message string // of the rejection, empty when accepted
	insn    int    // at which it is rejected
}

const strictAlignment = 1

// locked is a map whose values have a spin lock.
var locked = &ebpf.MapSpec{
	Name: "locked", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1,
	Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed},
	Value: &btf.Struct{Name: "value", Size: 8, Members: []btf.Member{
		{Name: "lock", Type: &btf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []btf.Member{
			{Name: "val", Type: &btf.Int{Name: "unsigned int", Size: 4}},
		}}},
		{Name: "count", Type: &btf.Int{Name: "unsigned int", Size: 4}, Offset: 32},
	}},
}

func loadSX(dst, src asm.Register, off int16, size asm.Size) asm.Instruction {
	return asm.Instruction{OpCode: asm.LoadMemSXOp(size), Dst: dst, Src: src, Offset: off}
}

// loadedSX loads from the context with sign extension.
func loadedSX(off int16, size asm.Size) asm.Instructions {
	return asm.Instructions{
		loadSX(asm.R2, asm.R1, off, size),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}
}

// pages is an arena.
var pages = &ebpf.MapSpec{Name: "pages", Type: ebpf.Arena, MaxEntries: 1, Flags: 1 << 10, MapExtra: 1 << 44}

// castToArena makes an address of the arena a pointer.
func castToArena(dst, src asm.Register) asm.Instruction {
	ins := asm.Mov.Reg(dst, src)
	ins.Offset, ins.Constant = 1, 1
	return ins
}

// lockedLookup refers to a map and does nothing else.
var lockedLookup = asm.Instructions{
	asm.LoadMapPtr(asm.R1, 0).WithReference("locked"),
	asm.Mov.Imm(asm.R0, 0),
	asm.Return(),
}

// Verdicts, messages and places are those of Linux 6.18.44.
var regressions = []regression{
	{"no such atomic operation", ebpf.SocketFilter, 0, atomic(0x33), nil, "BPF_ATOMIC uses invalid atomic opcode 33", 2},
	{"store-release", ebpf.SocketFilter, 0, atomic(0x110), nil, "", 0},
	{"distance kept by a comparison", ebpf.SocketFilter, 0, aheadOf, nil, "", 0},

	{"sign-extended data of skb", ebpf.SchedCLS, 0, loadedSX(76, asm.Word), nil, "invalid bpf_context access off=76 size=4", 0},
	{"sign-extended data_end of skb", ebpf.SkSKB, 0, loadedSX(80, asm.Word), nil, "invalid bpf_context access off=80 size=4", 0},
	{"sign-extended data_meta of skb", ebpf.SchedCLS, 0, loadedSX(140, asm.Word), nil, "invalid bpf_context access off=140 size=4", 0},
	{"sign-extended data of xdp_md", ebpf.XDP, 0, loadedSX(0, asm.Word), nil, "invalid bpf_context access off=0 size=4", 0},
	{"sign-extended data_end of flow dissector", ebpf.FlowDissector, 0, loadedSX(80, asm.Word), nil, "invalid bpf_context access off=80 size=4", 0},
	{"sign-extended number of xdp_md", ebpf.XDP, 0, loadedSX(12, asm.Word), nil, "", 0},
	{"sign-extended half of skb's mark", ebpf.SchedCLS, 0, loadedSX(8, asm.Half), nil, "", 0},

	{"load before a tracepoint's context", ebpf.TracePoint, 0, asm.Instructions{
		asm.LoadMem(asm.R0, asm.R1, -8, asm.DWord),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "", 0},
	{"crooked load before a tracepoint's context", ebpf.TracePoint, 0, asm.Instructions{
		asm.LoadMem(asm.R0, asm.R1, -6, asm.Word),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "invalid bpf_context access off=-6 size=4", 0},
	{"atomic at the end of a packet", ebpf.XDP, 0, asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, 4, asm.Word),
		asm.Mov.Imm(asm.R0, 0),
		asm.StoreXAdd(asm.R2, asm.R0, asm.DWord),
		asm.Return(),
	}, nil, "R2 invalid mem access 'pkt_end'", 2},
	{"result of bpf_get_retval", ebpf.CGroupSock, 0, asm.Instructions{
		asm.FnGetRetval.Call(),
		asm.Return(),
	}, nil, "At program exit the register R0 has unknown scalar value should have been in [0, 1]", 1},

	{"spin lock in tracing", ebpf.RawTracepoint, 0, lockedLookup, []*ebpf.MapSpec{locked}, "tracing progs cannot use bpf_spin_lock yet", -1},
	{"spin lock in perf event", ebpf.PerfEvent, 0, lockedLookup, []*ebpf.MapSpec{locked}, "tracing progs cannot use bpf_spin_lock yet", -1},
	{"spin lock in socket filter", ebpf.SocketFilter, 0, lockedLookup, []*ebpf.MapSpec{locked}, "socket filter progs cannot use bpf_spin_lock yet", -1},
	{"spin lock in tc", ebpf.SchedCLS, 0, lockedLookup, []*ebpf.MapSpec{locked}, "", 0},

	{"misaligned stack through a copy", ebpf.SocketFilter, 0, asm.Instructions{
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.StoreMem(asm.R2, -4, asm.R1, asm.DWord),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "misaligned stack access off 0+0+-4 size 8", 1},

	// The second path reaches the access with a pointer that differs from the
	// first one's in its fixed offset alone.
	{"alignment of a second path", ebpf.SchedCLS, strictAlignment, asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, 76, asm.Word),
		asm.LoadMem(asm.R3, asm.R1, 80, asm.Word),
		asm.LoadMem(asm.R7, asm.R1, 8, asm.Word),
		asm.Mov.Reg(asm.R0, asm.R2),
		asm.Add.Imm(asm.R0, 14),
		asm.JGT.Imm(asm.R7, 1, "odd"),
		asm.JGT.Reg(asm.R0, asm.R3, "out").WithSymbol("check"),
		asm.LoadMem(asm.R4, asm.R0, -4, asm.Word),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
		asm.Add.Imm(asm.R0, 1).WithSymbol("odd"),
		asm.Ja.Label("check"),
	}, nil, "misaligned packet access off 2+0+15+-4 size 4", 7},

	{"a scalar added to itself", ebpf.SocketFilter, 0, asm.Instructions{
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R8, asm.R0),
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		asm.Mov.Reg(asm.R7, asm.R6),
		asm.JNE.Imm(asm.R7, 1, "out"),
		asm.Add.Reg(asm.R6, asm.R6),
		asm.JLT.Reg(asm.R8, asm.R7, "out"),
		asm.JEq.Imm(asm.R6, 3, "out"),
		asm.Div.Imm(asm.R0, 0),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "div by zero", 9},
	{"a sum after its tie was cut", ebpf.SocketFilter, 0, asm.Instructions{
		asm.FnGetPrandomU32.Call(),
		asm.Mov.Reg(asm.R6, asm.R0),
		asm.Add.Imm(asm.R6, 5),
		asm.Xor.Imm(asm.R6, 0),
		asm.Mov.Reg(asm.R8, asm.R6),
		asm.Add.Imm(asm.R8, 3),
		asm.Mov.Reg(asm.R9, asm.R6),
		asm.JNE.Imm(asm.R9, 10, "out"),
		asm.JEq.Imm(asm.R8, 8, "out"),
		asm.Div.Imm(asm.R0, 0),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "div by zero", 9},
	{"writable buffer spilled", ebpf.RawTracepointWritable, 0, asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, 0, asm.DWord),
		asm.StoreMem(asm.RFP, -4, asm.R2, asm.Word), // not a pointer that the stack keeps
		asm.StoreMem(asm.RFP, -16, asm.R2, asm.DWord),
		asm.LoadMem(asm.R3, asm.RFP, -16, asm.DWord),
		asm.LoadMem(asm.R0, asm.R3, 0, asm.DWord),
		asm.Return(),
	}, nil, "R3 invalid mem access 'scalar'", 4},
	{"number and address of the arena", ebpf.SocketFilter, 0, asm.Instructions{
		asm.LoadMapPtr(asm.R1, 0).WithReference("pages"),
		asm.Mov.Imm(asm.R2, 64),
		castToArena(asm.R3, asm.R2),
		asm.Add.Reg(asm.R1, asm.R3), // even the map becomes an address
		asm.LoadMem(asm.R0, asm.R1, 8, asm.Word),
		asm.Return(),
	}, []*ebpf.MapSpec{pages}, "", 0},
	{"cast without an arena", ebpf.SocketFilter, 0, asm.Instructions{
		castToArena(asm.R0, asm.R2),
		asm.Return(),
	}, nil, "addr_space_cast insn can only be used in a program that has an associated arena", 0},
	{"offset far from what it is tied to", ebpf.SocketFilter, 0, asm.Instructions{
		asm.StoreImm(asm.RFP, -8, 0, asm.Word),
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.LoadMem(asm.R6, asm.R1, 0, asm.Word),
		asm.And.Imm(asm.R6, 3),
		asm.Add.Imm(asm.R6, -1<<29),
		asm.Mov.Reg(asm.R7, asm.R6),
		asm.Add.Imm(asm.R7, 1<<29), // 0 to 3
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -8),
		asm.Add.Reg(asm.R2, asm.R7),
		asm.LoadMem(asm.R0, asm.R2, 0, asm.Byte),
		asm.Return(),
	}, nil, "fp pointer offset 536870912 is not allowed", 9},
}

func TestRegressions(t *testing.T) {
	for _, c := range regressions {
		t.Run(c.name, func(t *testing.T) {
			p := program(t, c.typ, c.insns, c.maps...)
			p.Flags = c.flags
			r := verify(t, p, absint.Options{})
			if c.message == "" {
				require.Equal(t, absint.Accept, r.Verdict, r.Message)
				return
			}
			require.Equal(t, absint.Reject, r.Verdict, r.Feature)
			require.Equal(t, c.message, r.Message)
			require.Equal(t, c.insn, r.Insn)
		})
	}
}

// The running kernel still says what was recorded.
func TestRegressionsLive(t *testing.T) {
	kernel, err := oracle.Open()
	if err != nil {
		t.Skip(err)
	}
	if kernel.Version() != linux.V6_18 {
		t.Skipf("the verdicts are those of Linux %v", linux.V6_18)
	}
	for _, c := range regressions {
		t.Run(c.name, func(t *testing.T) {
			p := program(t, c.typ, c.insns, c.maps...)
			p.Flags = c.flags
			r, err := kernel.Load(p, oracle.Options{})
			require.NoError(t, err)
			if r.Verdict == oracle.Skip {
				t.Skip(r.SkipReason)
			}
			require.Equal(t, c.message, r.Message)
			if c.message != "" {
				require.Equal(t, c.insn, r.Insn)
			}
		})
	}
}

// Linux 6.1 words what is wrong with a result by its bits. The messages are
// taken from recorded verdicts on other programs; these were not loaded there.
func TestResultBits(t *testing.T) {
	for _, c := range []struct {
		name   string
		result asm.Instruction
		has    string
	}{
		{"constant", asm.Mov.Imm32(asm.R0, -1), "value (0xffffffff; 0x0)"},
		{"word", asm.LoadMem(asm.R0, asm.R1, 0, asm.Word), "value (0x0; 0xffffffff)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := prog.FromInstructions(&prog.Target{Kernel: linux.V6_1, Caps: linux.CapAll}, ebpf.CGroupSKB,
				asm.Instructions{c.result, asm.Return()})
			require.NoError(t, err)
			r := verify(t, p, absint.Options{})
			require.Equal(t, absint.Reject, r.Verdict, r.Feature)
			require.Equal(t, "At program exit the register R0 has "+c.has+" should have been in (0x0; 0x1)", r.Message)
		})
	}
}
