package graph_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/passes/passtest"
)

func TestGraph(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kernel linux.Version
		insns  asm.Instructions
		want   []string
	}{
		{"sound", linux.V6_18, asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}, nil},
		// Newer kernels find this before there is a graph.
		{"into the middle", linux.V5_10, asm.Instructions{
			asm.Mov.Imm(asm.R0, 0), {OpCode: asm.JEq.Op(asm.ImmSource), Dst: asm.R0, Offset: 1},
			asm.LoadImm(asm.R1, 1, asm.DWord), asm.Return(),
		}, []string{
			"graph/malformed -1: malformed program: insn 1: jump to 3, into the middle of an instruction",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passtest.Run(t, graph.Analyzer, tt.kernel, passtest.Program(ebpf.XDP, tt.insns...))
			require.ElementsMatch(t, tt.want, got)
		})
	}
}
