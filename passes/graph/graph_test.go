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
		name  string
		insns asm.Instructions
		want  []string
	}{
		{"sound", asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}, nil},
		{"no exit", asm.Instructions{asm.Mov.Imm(asm.R0, 0)}, []string{
			"graph/malformed -1: malformed program: insn 0: control falls off the end of the function",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passtest.Run(t, graph.Analyzer, linux.V6_18, passtest.Program(ebpf.XDP, tt.insns...))
			require.ElementsMatch(t, tt.want, got)
		})
	}
}
