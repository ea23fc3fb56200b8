package exec_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/prog"
)

// TestShortContext gives programs contexts that are shorter than what they may
// access, on paths that they do not take as well. Linux answers EINVAL.
func TestShortContext(t *testing.T) {
	load := func(reg asm.Register, off int16) asm.Instruction { return asm.LoadMem(asm.R0, reg, off, asm.DWord) }
	for name, c := range map[string]struct {
		typ   ebpf.ProgramType
		insns asm.Instructions
		need  int
	}{
		"not taken": {ebpf.Syscall, asm.Instructions{
			asm.Mov.Imm(asm.R0, 0), asm.JEq.Imm(asm.R0, 0, "out"), load(asm.R1, 40), asm.Return().WithSymbol("out")}, 48},
		"copied": {ebpf.Syscall, asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1), asm.Add.Imm(asm.R6, 8), asm.StoreImm(asm.R6, 4, 1, asm.Word),
			asm.Mov.Imm(asm.R0, 0), asm.Return()}, 16},
		"in a function": {ebpf.Syscall, asm.Instructions{
			asm.Call.Label("f"), asm.Mov.Imm(asm.R0, 0), asm.Return(), load(asm.R1, 24).WithSymbol("f"), asm.Return()}, 32},
		"arguments": {ebpf.RawTracepoint, asm.Instructions{load(asm.R1, 16), asm.Return()}, 24},
		"overwritten": {ebpf.RawTracepoint, asm.Instructions{
			load(asm.R1, 0), asm.Mov.Reg(asm.R1, asm.R10), asm.StoreMem(asm.R1, -8, asm.R0, asm.DWord), asm.Return()}, 8},
	} {
		p, err := prog.FromInstructions(&prog.Target{}, c.typ, c.insns)
		require.NoError(t, err, name)
		program, err := exec.New(exec.Config{}).Load(p)
		require.NoError(t, err, name)
		_, err = program.Run(exec.Input{Ctx: make([]byte, c.need)})
		require.NoError(t, err, name)
		_, err = program.Run(exec.Input{Ctx: make([]byte, c.need-1)})
		require.ErrorContains(t, err, "the program may access", name)
		_, err = program.Run(exec.Input{})
		require.ErrorContains(t, err, "there is no context, the program may access", name)
		require.ErrorIs(t, err, errno.EINVAL)
	}
}
