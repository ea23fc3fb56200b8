package vm_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// arrayLinker has one array, at address 1000, and a cell for each index below 2.
type arrayLinker struct {
	noLinker
	cells [2]atomic.Pointer[vm.Code]
}

var errAsked = errors.New("the array was asked")

func (*arrayLinker) TailCall() vm.TailCall {
	return func(*vm.CPU) (*vm.Code, error) { return nil, errAsked }
}

func (*arrayLinker) Const(uint8, int32, int32) (uint64, error) { return 1000, nil }

func (l *arrayLinker) Jump(array uint64, index uint32) *atomic.Pointer[vm.Code] {
	if array != 1000 || index >= 2 {
		return nil
	}
	return &l.cells[index]
}

// TestDirectJumps follows tail calls with a constant index without asking the
// array, and asks it for the others.
func TestDirectJumps(t *testing.T) {
	const mov = cfg.ClassALU64 | cfg.AluMOV
	array := []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: 2 | cfg.ConstMap<<4}, {}}
	index := func(n int32) cfg.Insn { return cfg.Insn{Op: mov, Regs: 3, Imm: n} }
	call, exit := cfg.Insn{Op: cfg.OpCALL, Imm: 12}, cfg.Insn{Op: cfg.OpEXIT}
	result := func(n int32) cfg.Insn { return cfg.Insn{Op: mov, Imm: n} }
	skip := cfg.Insn{Op: cfg.OpJA}
	program := func(parts ...[]cfg.Insn) []cfg.Insn {
		var all []cfg.Insn
		for _, p := range parts {
			all = append(all, p...)
		}
		return append(all, call, result(9), exit)
	}
	for _, tt := range []struct {
		name   string
		insns  []cfg.Insn
		direct bool
	}{
		{"constant", program(array, []cfg.Insn{index(1)}), true},
		{"the index first", program([]cfg.Insn{index(1)}, array), true},
		{"64-bit constant", program(array, []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: 3, Imm: 1}, {}}), true},
		{"overwritten", program(array, []cfg.Insn{index(1), {Op: mov | cfg.SrcX, Regs: 3 | 3<<4}}), false},
		{"another block", program(array, []cfg.Insn{index(1), skip}), false},
		{"out of range", program(array, []cfg.Insn{index(2)}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			space := mem.NewSpace()
			l := &arrayLinker{}
			code, err := vm.Load(tt.insns, vm.Options{Name: "caller", Linker: l, Space: space})
			require.NoError(t, err)
			next, err := vm.Load([]cfg.Insn{result(7), exit}, vm.Options{Name: "next", Linker: l, Space: space})
			require.NoError(t, err)
			cpu := vm.NewCPU(0, mem.NewView(space))
			r0, err := cpu.Run(code)
			if !tt.direct {
				require.ErrorIs(t, err, errAsked)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 9, r0, "the cell is empty")
			l.cells[1].Store(next)
			r0, err = cpu.Run(code)
			require.NoError(t, err)
			require.EqualValues(t, 7, r0)
			require.Equal(t, code.Name, "caller")
		})
	}
}
