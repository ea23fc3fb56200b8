package returncode_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/passes/returncode"
)

func TestReturnCode(t *testing.T) {
	const id = "lint/return-code"
	set := func(v int32) asm.Instruction { return asm.Mov.Imm32(asm.R0, v) }
	for _, tt := range []struct {
		name  string
		typ   ebpf.ProgramType
		insns asm.Instructions
		want  []string
	}{
		{"XDP_PASS", ebpf.XDP, asm.Instructions{set(2), asm.Return()}, nil},
		{"beyond XDP_REDIRECT", ebpf.XDP, asm.Instructions{set(5), asm.Return()}, []string{id + " 0: the result 5 means nothing to this program type"}},
		{"a negative errno", ebpf.XDP, asm.Instructions{set(-22), asm.Return()}, []string{id + " 0: the result -22 means nothing to this program type"}},
		{"TC_ACT_UNSPEC", ebpf.SchedCLS, asm.Instructions{set(-1), asm.Return()}, nil},
		{"the filter's length", ebpf.SocketFilter, asm.Instructions{set(1500), asm.Return()}, nil},
		{"a kprobe's errno", ebpf.Kprobe, asm.Instructions{set(-1), asm.Return()}, []string{id + " 0: the result -1 means nothing to this program type"}},
		{"overwritten", ebpf.XDP, asm.Instructions{set(9), set(1), asm.Return()}, nil},
		{"no longer constant", ebpf.XDP, asm.Instructions{set(9), asm.And.Imm(asm.R0, 3), asm.Return()}, nil},
		{"the result of a call", ebpf.XDP, asm.Instructions{set(9), asm.FnGetPrandomU32.Call(), asm.Return()}, nil},
		{"what a packet load leaves", ebpf.SchedCLS, asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1), set(9), asm.LoadAbs(0, asm.Byte), asm.Return()}, nil},
		{
			"one exit for two results", ebpf.XDP, asm.Instructions{
				asm.LoadMem(asm.R2, asm.R1, 0, asm.Word),
				set(7),
				asm.JEq.Imm(asm.R2, 0, "out"),
				set(2),
				asm.Return().WithSymbol("out"),
			}, []string{id + " 1: the result 7 means nothing to this program type"},
		},
		{
			"a function's result is not the program's", ebpf.XDP, asm.Instructions{
				asm.Call.Label("f"),
				set(2),
				asm.Return(),
				set(99).WithSymbol("f"),
				asm.Return(),
			}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passtest.Run(t, returncode.Analyzer, linux.V6_18, passtest.Program(tt.typ, tt.insns...))
			require.ElementsMatch(t, tt.want, got)
		})
	}
}
