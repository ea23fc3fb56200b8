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
