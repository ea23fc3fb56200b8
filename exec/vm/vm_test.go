package vm_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// noLinker is for programs that refer to nothing.
type noLinker struct{}

var errNotLinked = errors.New("program refers to something")

func (noLinker) Helper(int32) (vm.Func, error)                          { return nil, errNotLinked }
func (noLinker) Kfunc(int32, int16) (vm.Func, error)                    { return nil, errNotLinked }
func (noLinker) TailCall() vm.TailCall                                  { return nil }
func (noLinker) Jump(uint64, uint32) *atomic.Pointer[vm.Code]           { return nil }
func (noLinker) Const(uint8, int32, int32) (uint64, error)              { return 0, errNotLinked }
func (noLinker) LegacyLoad(*vm.CPU, int64, int) (value uint64, ok bool) { return 0, false }

func newCPU(t testing.TB, insns []cfg.Insn) (*vm.CPU, *vm.Code) {
	space := mem.NewSpace()
	code, err := vm.Load(insns, vm.Options{Name: "test", Linker: noLinker{}, Space: space})
	require.NoError(t, err)
	return vm.NewCPU(0, mem.NewView(space)), code
}

func TestComputePrograms(t *testing.T) {
	for _, p := range computePrograms {
		t.Run(p.name, func(t *testing.T) {
			cpu, code := newCPU(t, slots(p.insns))
			r0, err := cpu.Run(code)
			require.NoError(t, err)
			require.Equal(t, p.want, uint64(uint32(r0)))
		})
	}
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name  string
		insns asm.Instructions
		want  string
	}{
		{"null", asm.Instructions{
			asm.Mov.Imm(asm.R1, 0),
			asm.LoadMem(asm.R0, asm.R1, 0, asm.Word),
			asm.Return(),
		}, "test: instruction 1: read of 4 bytes at NULL"},
		{"below the frame", asm.Instructions{
			asm.StoreImm(asm.R10, -516, 0, asm.Word),
			asm.Return(),
		}, "test: instruction 0: write of 4 bytes at offset -4 of stack frame 0, which has 512 bytes"},
		{"above the frame", asm.Instructions{
			asm.Mov.Imm(asm.R0, 0),
			asm.LoadMem(asm.R0, asm.R10, -4, asm.DWord),
			asm.Return(),
		}, "test: instruction 1: read of 8 bytes at offset 508 of stack frame 0, which has 512 bytes"},
		{"wild", asm.Instructions{
			asm.LoadImm(asm.R1, 0x7fff_ffff_ffff_ffff, asm.DWord),
			asm.LoadMem(asm.R0, asm.R1, 0, asm.Byte),
			asm.Return(),
		}, "test: instruction 2: read of 1 byte at 0x7fffffffffffffff, which is not a valid pointer"},
		{"endless", asm.Instructions{
			asm.Mov.Imm(asm.R0, 0).WithSymbol("again"),
			asm.Ja.Label("again"),
		}, "test: instruction 1: instruction budget exhausted"},
		{"no exit", asm.Instructions{
			asm.Mov.Imm(asm.R0, 0),
		}, "test: instruction 1: control reaches the end of the program"},
		{"deep", asm.Instructions{
			asm.Call.Label("entry").WithSymbol("entry"),
			asm.Return(),
		}, "test: instruction 0: more than 64 nested calls"},
		{"misaligned atomic", asm.Instructions{
			asm.Mov.Imm(asm.R1, 0),
			asm.StoreXAdd(asm.R10, asm.R1, asm.DWord),
			asm.Return(),
		}, "test: instruction 1: write of 8 bytes at offset 512 of stack frame 0, which has 512 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cpu, code := newCPU(t, slots(tc.insns))
			cpu.Budget = 1000
			_, err := cpu.Run(code)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestLoadErrors(t *testing.T) {
	exit := cfg.Insn{Op: cfg.OpEXIT}
	for _, tc := range []struct {
		name  string
		insns []cfg.Insn
		want  string
	}{
		{"empty", nil, "program has no instructions"},
		{"opcode", []cfg.Insn{{Op: 0xff}, exit}, "instruction 0: unknown opcode"},
		{"register", []cfg.Insn{{Op: cfg.AluMOV | cfg.SrcX | cfg.ClassALU, Regs: cfg.MakeRegs(0, 11)}, exit}, "instruction 0: register number out of range"},
		{"target", []cfg.Insn{{Op: cfg.OpJA, Off: 1}, exit}, "instruction 0: jump out of the program or into a 64-bit constant"},
		{"into constant", []cfg.Insn{{Op: cfg.OpJA, Off: 1}, {Op: cfg.OpLDIMM64}, {}, exit}, "instruction 0: jump out of the program or into a 64-bit constant"},
		{"half", []cfg.Insn{{Op: cfg.OpLDIMM64}}, "instruction 0: 64-bit constant lacks its second slot"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := vm.Load(tc.insns, vm.Options{Linker: noLinker{}, Space: mem.NewSpace()})
			require.EqualError(t, err, tc.want)
		})
	}
}

// TestExecuted checks that instructions are counted exactly over jumps and calls.
func TestExecuted(t *testing.T) {
	cpu, code := newCPU(t, slots(asm.Instructions{
		asm.Mov.Imm(asm.R6, 3),
		asm.Call.Label("f").WithSymbol("loop"),
		asm.Sub.Imm(asm.R6, 1),
		asm.JNE.Imm(asm.R6, 0, "loop"),
		asm.Ja.Label("out"),
		asm.Mov.Imm(asm.R0, 7),
		asm.Return().WithSymbol("out"),
		asm.LoadImm(asm.R0, 1<<40, asm.DWord).WithSymbol("f"),
		asm.Return(),
	}))
	_, err := cpu.Run(code)
	require.NoError(t, err)
	require.Equal(t, 1+3*5+2, cpu.Executed())
}

// TestProbes checks that probes see every instruction, that block counts give
// the same numbers, and that they change neither result nor count.
func TestProbes(t *testing.T) {
	insns := slots(sieveProgram())
	plain, code := newCPU(t, insns)
	want, err := plain.Run(code)
	require.NoError(t, err)

	counts := make([]int, len(insns))
	probe := func(_ *vm.CPU, slot int) { counts[slot]++ }
	space := mem.NewSpace()
	code, err = vm.Load(insns, vm.Options{
		Linker: noLinker{}, Space: space,
		Observer: vm.Observer{Probe: func(int, bool) vm.Probe { return probe }},
	})
	require.NoError(t, err)
	cpu := vm.NewCPU(0, mem.NewView(space))
	got, err := cpu.Run(code)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, plain.Executed(), cpu.Executed())
	total := 0
	for _, n := range counts {
		total += n
	}
	require.Equal(t, plain.Executed(), total)
}
