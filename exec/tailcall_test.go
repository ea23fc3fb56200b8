package exec_test

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// arrays is a machine whose programs share an array, "progs".
type arrays struct {
	*testing.T
	*exec.Machine
	target prog.Target
}

func newArrays(t *testing.T, c exec.Config) *arrays {
	return &arrays{t, exec.New(c), prog.Target{Kernel: linux.V6_18}}
}

func (a *arrays) spec() *ebpf.MapSpec {
	return &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 3}
}

func (a *arrays) try(name string, typ ebpf.ProgramType, insns asm.Instructions) (*exec.Program, error) {
	p, err := prog.FromInstructions(&a.target, typ, insns, a.spec())
	require.NoError(a, err)
	p.Name = name
	return a.Machine.Load(p)
}

func (a *arrays) load(name string, typ ebpf.ProgramType, insns asm.Instructions) *exec.Program {
	p, err := a.try(name, typ, insns)
	require.NoError(a, err)
	return p
}

// returns is a program with a constant result.
func returns(n int32) asm.Instructions { return asm.Instructions{asm.Mov.Imm(asm.R0, n), asm.Return()} }

// caller calls what is at an index, and returns 9 when that fails. A call that is
// not direct hides the index from whoever looks at the block.
func caller(index int32, direct bool) asm.Instructions {
	insns := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1), asm.LoadMapPtr(asm.R2, 0).WithReference("progs"), asm.Mov.Imm(asm.R3, index),
	}
	if !direct {
		insns = append(insns, asm.Ja.Label("call"))
	}
	return append(insns,
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("call"), asm.FnTailCall.Call(), asm.Mov.Imm(asm.R0, 9), asm.Return())
}

func (a *arrays) run(p *exec.Program) uint32 {
	out, err := p.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(a, err)
	return out.Return
}

// TestTailCallTypes calls programs of several types through one array, which
// mixed arrays take: what has another kind of context is not called.
func TestTailCallTypes(t *testing.T) {
	for _, direct := range []bool{true, false} {
		a := newArrays(t, exec.Config{MixedArrays: true})
		same, other := a.load("same", ebpf.XDP, returns(7)), a.load("other", ebpf.SchedCLS, returns(8))
		for index, want := range []uint32{7, 9, 9} {
			c := a.load("caller", ebpf.XDP, caller(int32(index), direct))
			require.NoError(t, a.Map("progs").SetProgram(0, same))
			require.NoError(t, a.Map("progs").SetProgram(1, other))
			require.Equal(t, want, a.run(c), "index %d", index)
		}
	}
}

// TestArrayOwner lets the first program that comes decide for whom an array is.
func TestArrayOwner(t *testing.T) {
	a := newArrays(t, exec.Config{})
	a.load("first", ebpf.XDP, caller(0, true))
	same, other := a.load("same", ebpf.XDP, returns(7)), a.load("other", ebpf.SchedCLS, returns(8))
	require.NoError(t, a.Map("progs").SetProgram(0, same))
	require.ErrorIs(t, a.Map("progs").SetProgram(1, other), errno.EINVAL)
	_, err := a.try("late", ebpf.SchedCLS, caller(0, true))
	require.ErrorIs(t, err, errno.EINVAL)
	require.EqualError(t, err, "program late: map progs: EINVAL: their types differ")
	require.Equal(t, uint32(7), a.run(a.load("caller", ebpf.XDP, caller(0, true))))

	overrides := asm.Instructions{asm.Mov.Imm(asm.R2, -12), asm.FnOverrideReturn.Call(), asm.Mov.Imm(asm.R0, 0), asm.Return()}
	b := newArrays(t, exec.Config{})
	_, err = b.try("unchecked", ebpf.Kprobe, append(asm.Instructions{asm.LoadMapPtr(asm.R3, 0).WithReference("progs")}, overrides...))
	require.EqualError(t, err, "program unchecked: map progs: EINVAL: it overrides the results of functions")
	b.load("caller", ebpf.Kprobe, caller(0, true))
	require.ErrorIs(t, b.Map("progs").SetProgram(0, b.load("member", ebpf.Kprobe, overrides)), errno.EINVAL)
}

// TestArrayUpdates changes what tail calls lead to after the callers are loaded.
func TestArrayUpdates(t *testing.T) {
	for _, direct := range []bool{true, false} {
		a := newArrays(t, exec.Config{})
		c := a.load("caller", ebpf.XDP, caller(2, direct))
		m := a.Map("progs")
		require.Equal(t, uint32(9), a.run(c))
		for _, n := range []int32{7, 8} {
			require.NoError(t, m.SetProgram(2, a.load("member", ebpf.XDP, returns(n))))
			require.EqualValues(t, n, a.run(c))
		}
		require.NoError(t, m.Delete(binary.LittleEndian.AppendUint32(nil, 2)))
		require.Equal(t, uint32(9), a.run(c))
		require.ErrorIs(t, m.Delete(binary.LittleEndian.AppendUint32(nil, 2)), errno.ENOENT)
		require.ErrorIs(t, m.SetProgram(3, c), errno.E2BIG)
	}
}

// TestArrayUpdatesMeanwhile changes an array while CPUs call through it: each
// call leads to one of the programs that were there, or falls through.
func TestArrayUpdatesMeanwhile(t *testing.T) {
	const cpus, rounds = 2, 2000
	for _, direct := range []bool{true, false} {
		a := newArrays(t, exec.Config{CPUs: cpus})
		c := a.load("caller", ebpf.XDP, caller(0, direct))
		members := []*exec.Program{a.load("seven", ebpf.XDP, returns(7)), a.load("eight", ebpf.XDP, returns(8))}
		var stop atomic.Bool
		failures := make(chan error, cpus)
		for cpu := range cpus {
			go func() {
				in, out, err := exec.Input{Data: make([]byte, 64), CPU: cpu}, exec.Output{}, error(nil)
				for err == nil && !stop.Load() {
					if err = c.RunInto(&in, &out); err == nil && (out.Return < 7 || out.Return > 9) {
						err = fmt.Errorf("result %d", out.Return)
					}
				}
				failures <- err
			}()
		}
		key := make([]byte, 4)
		for i := range rounds {
			require.NoError(t, a.Map("progs").SetProgram(0, members[i%2]))
			if i%3 == 0 {
				require.NoError(t, a.Map("progs").Delete(key))
			}
		}
		stop.Store(true)
		for range cpus {
			require.NoError(t, <-failures)
		}
	}
}

// TestTailCallLimit follows a chain: 33 calls lead on, the next falls through.
func TestTailCallLimit(t *testing.T) {
	for _, direct := range []bool{true, false} {
		a := newArrays(t, exec.Config{})
		c := a.load("again", ebpf.XDP, caller(0, direct))
		require.NoError(t, a.Map("progs").SetProgram(0, c))
		out, err := c.Run(exec.Input{Data: make([]byte, 64)})
		require.NoError(t, err)
		require.Equal(t, uint32(9), out.Return)
		once := 5 // instructions up to the call
		if !direct {
			once++
		}
		require.Equal(t, 34*once+2, out.Insns)
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
