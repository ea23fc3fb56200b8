package absint_test

import (
	"regexp"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// typedRegression is a shrunk program that uses functions of the kernel, on which
// bpflint and Linux 6.18.44 once disagreed. IDs in messages are not compared:
// they are those of a build.
type typedRegression struct {
	name    string
	typ     ebpf.ProgramType
	attach  ebpf.AttachType
	to      string
	insns   []asm.Instruction
	maps    []*ebpf.MapSpec
	message string
}

// kfunc calls a function of the kernel.
func kfunc(name string) asm.Instruction {
	return asm.Instruction{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.Call), Src: asm.PseudoKfuncCall}.WithReference(name)
}

// funcAddress loads the address of a function.
func funcAddress(dst asm.Register, name string) asm.Instruction {
	return asm.Instruction{OpCode: asm.LoadImmOp(asm.DWord), Dst: dst, Src: asm.PseudoFunc, Constant: -1}.WithReference(name)
}

// static begins a function that is followed and takes as many numbers.
func static(name string, ins asm.Instruction, params int) asm.Instruction {
	word := &btf.Int{Name: "unsigned long", Size: 8}
	proto := &btf.FuncProto{Return: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}}
	for range params {
		proto.Params = append(proto.Params, btf.FuncParam{Name: "a", Type: word})
	}
	return btf.WithFuncMetadata(ins.WithSymbol(name), &btf.Func{Name: name, Type: proto, Linkage: btf.StaticFunc})
}

// global begins a function that is verified alone.
func global(name string, ins asm.Instruction, params int) asm.Instruction {
	ins = static(name, ins, params)
	btf.FuncMetadata(&ins).Linkage = btf.GlobalFunc
	return ins
}

// timers is a map whose values have a timer behind a number.
var timers = &ebpf.MapSpec{
	Name: "timers", Type: ebpf.Array, KeySize: 4, ValueSize: 24, MaxEntries: 1,
	Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed},
	Value: &btf.Struct{Name: "value", Size: 24, Members: []btf.Member{
		{Name: "n", Type: &btf.Int{Name: "unsigned long", Size: 8}},
		{Name: "timer", Offset: 64, Type: &btf.Struct{Name: "bpf_timer", Size: 16, Members: []btf.Member{
			{Name: "__opaque", Type: &btf.Array{
				Type: &btf.Int{Name: "unsigned long", Size: 8}, Index: &btf.Int{Name: "unsigned int", Size: 4}, Nelems: 2,
			}},
		}}},
	}},
}

// kptrs is a map whose values own a task and a mask.
var kptrs = &ebpf.MapSpec{
	Name: "kptrs", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1,
	Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed},
	Value: &btf.Struct{Name: "value", Size: 16, Members: []btf.Member{
		{Name: "task", Type: kptrTo("task_struct")}, {Name: "mask", Offset: 64, Type: kptrTo("bpf_cpumask")},
	}},
}

func kptrTo(name string) *btf.Pointer {
	return &btf.Pointer{Target: &btf.TypeTag{Value: "kptr", Type: &btf.Struct{Name: name}}}
}

var typedRegressions = []typedRegression{
	{"iterator at the end of the stack", ebpf.XDP, 0, "", []asm.Instruction{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Imm(asm.R3, 1),
		kfunc("bpf_iter_num_new"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "invalid write to stack R1 off=0 size=8"},
	{"slot that the first turn fills", ebpf.XDP, 0, "", []asm.Instruction{
		asm.Mov.Reg(asm.R7, asm.R1),
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, -96),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Imm(asm.R3, 10),
		kfunc("bpf_iter_num_new"),
		asm.Mov.Reg(asm.R1, asm.RFP).WithSymbol("again"),
		asm.Add.Imm(asm.R1, -96),
		kfunc("bpf_iter_num_next"),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.LoadMem(asm.R5, asm.RFP, -8, asm.Word),
		asm.StoreMem(asm.RFP, -8, asm.R7, asm.DWord),
		asm.Ja.Label("again"),
		asm.Mov.Reg(asm.R1, asm.RFP).WithSymbol("out"),
		asm.Add.Imm(asm.R1, -96),
		kfunc("bpf_iter_num_destroy"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "invalid size of register fill"},
	{"untrusted memory that may be null", ebpf.Tracing, ebpf.AttachTraceRawTp, "sched_switch", []asm.Instruction{
		asm.Mov.Imm(asm.R1, 0),
		asm.Mov.Imm(asm.R2, 0),
		kfunc("bpf_rdonly_cast"),
		asm.JNE.Imm(asm.R0, 0, "out"),
		asm.LoadMem(asm.R1, asm.RFP, 8, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "invalid read from stack R10 off=N size=8"},
	{"object that is held and not null", ebpf.Tracing, ebpf.AttachTraceRawTp, "sched_switch", []asm.Instruction{
		asm.Mov.Imm(asm.R1, 1),
		kfunc("bpf_task_from_pid"),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.JNE.Imm(asm.R0, 0, "held"),
		asm.LoadMem(asm.R1, asm.RFP, 8, asm.DWord),
		kfunc("bpf_task_release").WithSymbol("held"),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, ""},
	{"store to an object that is not the test's", ebpf.StructOps, 0, "bpf_dummy_ops:test_1", []asm.Instruction{
		asm.Mov.Imm(asm.R1, 1),
		kfunc("bpf_task_from_pid"),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "only access to bpf_dummy_ops_state is supported"},
	{"object that a void member hands back", ebpf.StructOps, 0, "tcp_congestion_ops:cong_avoid", []asm.Instruction{
		asm.Mov.Imm(asm.R1, 1),
		kfunc("bpf_task_from_pid"),
		asm.Return(),
	}, nil, ""},
	{"sleeping function of a struct_ops", ebpf.StructOps, 0, "tcp_congestion_ops:cong_control", []asm.Instruction{
		static("prog", asm.Mov.Imm(asm.R1, 1), 1),
		asm.Call.Label("sub"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		global("sub", asm.FnCopyFromUserTask.Call(), 1),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "helper call might sleep in a non-sleepable prog"},
	{"exception below a timer's callback", ebpf.SchedCLS, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Reg(asm.R6, asm.R1), 1),
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("timers"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.Add.Imm(asm.R1, 8),
		funcAddress(asm.R2, "callback"),
		asm.FnTimerSetCallback.Call(),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
		static("callback", asm.Mov.Imm(asm.R1, 2), 3),
		asm.Call.Label("sub"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("sub", asm.Mov.Imm(asm.R1, 2), 1),
		kfunc("bpf_throw"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, []*ebpf.MapSpec{timers}, "At async callback return the register R1 has smin=2 smax=2 should have been in [0, 0]"},
	{"iterator whose protection ends in the loop", ebpf.SchedCLS, 0, "", []asm.Instruction{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, -104),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Imm(asm.R3, 1),
		kfunc("bpf_iter_task_new"),
		asm.Mov.Reg(asm.R1, asm.RFP).WithSymbol("again"),
		asm.Add.Imm(asm.R1, -104),
		kfunc("bpf_iter_task_next"),
		asm.JEq.Imm(asm.R0, 0, "out"),
		kfunc("bpf_rcu_read_lock"),
		kfunc("bpf_rcu_read_unlock"),
		asm.Ja.Label("again"),
		asm.Mov.Reg(asm.R1, asm.RFP).WithSymbol("out"),
		asm.Add.Imm(asm.R1, -104),
		kfunc("bpf_iter_task_destroy"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, ""},
	{"half of a pointer that is not null", ebpf.Tracing, ebpf.AttachTraceRawTp, "sched_switch", []asm.Instruction{
		asm.LoadMem(asm.R2, asm.R1, 8, asm.DWord),
		asm.JNE.Imm32(asm.R2, 0, "out"),
		asm.LoadMem(asm.R1, asm.RFP, 8, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, ""},
	{"turns that are no number", ebpf.SchedCLS, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Reg(asm.R1, asm.RFP), 1),
		funcAddress(asm.R2, "sub"),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("sub", asm.Mov.Imm(asm.R0, 0), 2),
		asm.Return(),
	}, nil, "verifier bug: backtracking misuse"},
	{"address of a dead function", ebpf.SchedCLS, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Imm(asm.R1, 0), 1),
		funcAddress(asm.R2, "dead"),
		asm.Call.Label("sub"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("sub", asm.Mov.Imm(asm.R0, 0), 1),
		asm.Return(),
		static("dead", asm.Mov.Imm(asm.R0, 0), 1),
		asm.Return(),
	}, nil, "verifier bug: No program to jit at insn N (subprog < 0)"},
	{"address of a dead function before a live one", ebpf.SchedCLS, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Imm(asm.R1, 0), 1),
		funcAddress(asm.R2, "dead"),
		asm.Call.Label("sub"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("dead", asm.Mov.Imm(asm.R0, 0), 1),
		asm.Return(),
		static("sub", asm.Mov.Imm(asm.R0, 0), 1),
		asm.Return(),
	}, nil, ""},
	{"cast to a type with more than 32 bits", ebpf.SchedCLS, 0, "", []asm.Instruction{
		asm.Mov.Imm(asm.R1, 0),
		asm.LoadImm(asm.R2, 1<<40, asm.DWord),
		kfunc("bpf_rdonly_cast"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, ""},
	{"context that is no struct", ebpf.RawTracepoint, 0, "", []asm.Instruction{
		kfunc("bpf_cast_to_kern_ctx"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "kern ctx type id N is not a struct"},
	{"context as memory", ebpf.Tracing, ebpf.AttachTraceRawTp, "sched_switch", []asm.Instruction{
		kfunc("bpf_cpumask_weight"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, nil, "invalid bpf_context access off=N size=1"},
	{"exception in a timer's callback", ebpf.SchedCLS, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Reg(asm.R6, asm.R1), 1),
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("timers"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.Add.Imm(asm.R1, 8),
		funcAddress(asm.R2, "callback"),
		asm.FnTimerSetCallback.Call(),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
		static("callback", asm.Mov.Imm(asm.R1, 2), 3),
		kfunc("bpf_throw"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, []*ebpf.MapSpec{timers}, "At async callback return the register R1 has smin=2 smax=2 should have been in [0, 0]"},
	{"half of a dynptr argument spilled", ebpf.XDP, 0, "", []asm.Instruction{
		static("prog", asm.LoadMapPtr(asm.R1, 0).WithReference("records"), 1),
		funcAddress(asm.R2, "drained"),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnUserRingbufDrain.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("drained", asm.StoreMem(asm.RFP, -8, asm.R1, asm.Word), 2),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}, []*ebpf.MapSpec{{Name: "records", Type: ebpf.UserRingbuf, MaxEntries: 4096}}, ""},
	{"two storages of a cgroup", ebpf.CGroupSKB, ebpf.AttachCGroupInetIngress, "", []asm.Instruction{
		asm.LoadMapPtr(asm.R1, 0).WithReference("one"),
		asm.LoadMapPtr(asm.R1, 0).WithReference("each"),
		asm.LoadMapPtr(asm.R1, 0).WithReference("one"),
		asm.LoadMapPtr(asm.R1, 0).WithReference("other"),
		asm.Mov.Imm(asm.R0, 1),
		asm.Return(),
	}, []*ebpf.MapSpec{storage("one", ebpf.CGroupStorage), storage("each", ebpf.PerCPUCGroupStorage), storage("other", ebpf.CGroupStorage)},
		"only one cgroup storage of each type is allowed"},
	{"a storage of each type", ebpf.CGroupSKB, ebpf.AttachCGroupInetIngress, "", []asm.Instruction{
		asm.LoadMapPtr(asm.R1, 0).WithReference("one"),
		asm.LoadMapPtr(asm.R1, 0).WithReference("each"),
		asm.LoadMapPtr(asm.R1, 0).WithReference("one"),
		asm.Mov.Imm(asm.R0, 1),
		asm.Return(),
	}, []*ebpf.MapSpec{storage("one", ebpf.CGroupStorage), storage("each", ebpf.PerCPUCGroupStorage)}, ""},
	{"store beyond the state of a dummy operation", ebpf.StructOps, 0, "bpf_dummy_ops:test_1", []asm.Instruction{
		asm.LoadMem(asm.R8, asm.R1, 0, asm.DWord),
		asm.JEq.Imm(asm.R8, 0, "out"),
		asm.Mov.Imm(asm.R2, 1),
		asm.StoreMem(asm.R8, 16, asm.R2, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}, nil, "write access at off 16 with size 8"},
	{"turns of a callback that nobody waits for", ebpf.XDP, 0, "", []asm.Instruction{
		static("prog", asm.Mov.Imm(asm.R1, 64), 1),
		funcAddress(asm.R2, "turn"),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
		static("turn", asm.Mov.Imm(asm.R7, -256), 2),
		asm.StoreImm(asm.RFP, -8, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("kptrs"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -8),
		asm.FnMapLookupElem.Call(),
		asm.Mov.Reg(asm.R9, asm.R0),
		asm.JEq.Imm(asm.R9, 0, "out"),
		asm.LoadMem(asm.R6, asm.R9, 8, asm.DWord),
		asm.JEq.Imm(asm.R6, 0, "meet"),
		asm.LoadMem(asm.R7, asm.R6, 16, asm.DWord),
		asm.JEq.Imm(asm.R7, 0, "meet"),
		asm.Mov.Imm(asm.R0, 1),
		asm.Return(),
		asm.Mov.Reg(asm.R1, asm.R9).WithSymbol("meet"),
		asm.Mov.Reg(asm.R2, asm.R7), // 0 on the first path, and the kernel takes the other for the same
		asm.FnKptrXchg.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(asm.R1, asm.R0),
		kfunc("bpf_task_release"),
		asm.Mov.Imm(asm.R0, 1).WithSymbol("out"),
		asm.Return(),
	}, []*ebpf.MapSpec{kptrs}, ""},
}

// storage is a map with a value for each cgroup.
func storage(name string, kind ebpf.MapType) *ebpf.MapSpec {
	return &ebpf.MapSpec{Name: name, Type: kind, KeySize: 16, ValueSize: 8}
}

// link makes the program for a target, with the IDs of its kernel.
func (c *typedRegression) link(t *testing.T, goal *prog.Target) *prog.Program {
	kernel, err := goal.Types()
	require.NoError(t, err)
	insns := make(asm.Instructions, len(c.insns))
	for i, ins := range c.insns {
		if insns[i] = ins; ins.Src == asm.PseudoKfuncCall && ins.OpCode.JumpOp() == asm.Call {
			var fn *btf.Func
			require.NoError(t, kernel.TypeByName(ins.Reference(), &fn))
			id, err := kernel.TypeID(fn)
			require.NoError(t, err)
			insns[i] = asm.Instruction{OpCode: ins.OpCode, Src: ins.Src, Constant: int64(id)}.WithSymbol(ins.Symbol())
		}
	}
	p, err := prog.FromInstructions(goal, c.typ, insns, c.maps...)
	require.NoError(t, err)
	p.AttachType, p.AttachTo = c.attach, c.to
	return p
}

var numbers = regexp.MustCompile(`\b(id |off=|jit at insn )[1-9][0-9]*`)

func withoutIDs(message string) string { return numbers.ReplaceAllString(message, "${1}N") }

func TestTypedRegressions(t *testing.T) {
	goal := target.For(linux.Release{Version: linux.V6_18, Patch: 44}, linux.CapAll, "")
	for _, c := range typedRegressions {
		t.Run(c.name, func(t *testing.T) {
			r := verify(t, c.link(t, goal), absint.Options{})
			require.Equal(t, c.message, withoutIDs(r.Message), r.Feature)
		})
	}
	for _, c := range stateRegressions {
		t.Run(c.name, func(t *testing.T) {
			r := verify(t, c.link(t, goal), absint.Options{StateFreq: true})
			require.Equal(t, c.message, r.Message, r.Feature)
		})
	}
}

// The running kernel still says what was recorded.
func TestTypedRegressionsLive(t *testing.T) {
	kernel, err := oracle.Open()
	if err != nil {
		t.Skip(err)
	}
	if kernel.Version() != linux.V6_18 {
		t.Skipf("the verdicts are those of Linux %v", linux.V6_18)
	}
	for _, c := range typedRegressions {
		t.Run(c.name, func(t *testing.T) {
			r, err := kernel.Load(c.link(t, kernel.Target()), oracle.Options{})
			require.NoError(t, err)
			if r.Verdict == oracle.Skip {
				t.Skip(r.SkipReason)
			}
			t.Log(r)
			if r.Verdict == oracle.Accept {
				r.Message = "" // the last line of the log says what the proof cost
			}
			require.Equal(t, c.message, withoutIDs(r.Message))
		})
	}
	t.Run("kernel object in a function", func(t *testing.T) {
		c := fillsTask()
		r, err := kernel.Load(c.link(t, kernel.Target()), oracle.Options{})
		require.NoError(t, err)
		require.Equal(t, oracle.Accept, r.Verdict, r.Message)
	})
	for _, c := range stateRegressions {
		t.Run(c.name, func(t *testing.T) {
			p := c.link(t, kernel.Target())
			p.Flags = stateFreq
			r, err := kernel.Load(p, oracle.Options{})
			require.NoError(t, err)
			require.Equal(t, c.message, r.Message)
		})
	}
}
