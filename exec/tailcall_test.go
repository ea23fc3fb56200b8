package exec_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/prog"
)

// TestTailCallTypes calls programs of several types through one array: what
// has another kind of context is not called.
func TestTailCallTypes(t *testing.T) {
	array := &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 3}
	m := exec.New(exec.Config{})
	load := func(name string, typ ebpf.ProgramType, insns asm.Instructions, maps ...*ebpf.MapSpec) *exec.Program {
		p, err := prog.FromInstructions(&prog.Target{}, typ, insns, maps...)
		require.NoError(t, err)
		p.Name = name
		loaded, err := m.Load(p)
		require.NoError(t, err)
		return loaded
	}
	returns := func(n int32) asm.Instructions { return asm.Instructions{asm.Mov.Imm(asm.R0, n), asm.Return()} }
	same, other := load("same", ebpf.XDP, returns(7)), load("other", ebpf.SchedCLS, returns(8))
	for index, want := range []uint32{7, 9, 9} {
		caller := load("caller", ebpf.XDP, asm.Instructions{
			asm.LoadMapPtr(asm.R2, 0).WithReference("progs"), asm.Mov.Imm(asm.R3, int32(index)), asm.FnTailCall.Call(),
			asm.Mov.Imm(asm.R0, 9), asm.Return(),
		}, array)
		require.NoError(t, m.Map("progs").SetProgram(0, same))
		require.NoError(t, m.Map("progs").SetProgram(1, other))
		out, err := caller.Run(exec.Input{Data: make([]byte, 64)})
		require.NoError(t, err)
		require.Equal(t, want, out.Return, "index %d", index)
	}
}

// TestTailCallsNest lets a function of a program call the program again through
// an array: each call is nested in the one before, until the limit of tail calls
// is reached. Compiled programs that do so return the same in the kernel.
func TestTailCallsNest(t *testing.T) {
	array := &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	m := exec.New(exec.Config{})
	p, err := prog.FromInstructions(&prog.Target{}, ebpf.SchedCLS, asm.Instructions{
		asm.Call.Label("again"), asm.Add.Imm(asm.R0, 1), asm.Return(),
		asm.LoadMapPtr(asm.R2, 0).WithReference("progs").WithSymbol("again"), asm.Mov.Imm(asm.R3, 0), asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 0), asm.Return(),
	}, array)
	require.NoError(t, err)
	loaded, err := m.Load(p)
	require.NoError(t, err)
	require.NoError(t, m.Map("progs").SetProgram(0, loaded))
	out, err := loaded.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(t, err)
	require.EqualValues(t, 34, out.Return)
}

// TestCgroupStorage counts runs in the storage of the cgroup: as in test runs,
// each run has its own, unless the program is attached.
func TestCgroupStorage(t *testing.T) {
	storage := &ebpf.MapSpec{Name: "m", Type: ebpf.CGroupStorage, KeySize: 12, ValueSize: 8}
	p, err := prog.FromInstructions(&prog.Target{}, ebpf.CGroupSKB, asm.Instructions{
		asm.LoadMapPtr(asm.R1, 0).WithReference("m"), asm.Mov.Imm(asm.R2, 0), asm.FnGetLocalStorage.Call(),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord), asm.Add.Imm(asm.R1, 1), asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
		asm.Mov.Reg(asm.R0, asm.R1), asm.Return(),
	}, storage)
	require.NoError(t, err)
	loaded, err := exec.New(exec.Config{}).Load(p)
	require.NoError(t, err)
	for i, attached := range []bool{false, false, true, true, false} {
		out, err := loaded.Run(exec.Input{Data: make([]byte, 64), Attached: attached})
		require.NoError(t, err)
		require.EqualValues(t, []int{1, 1, 2, 3, 1}[i], out.Return)
	}
}
