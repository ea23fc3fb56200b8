package proof_test

import (
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/passes/proof"
	"github.com/bpflint/bpflint/prog"
)

// lookup leaves in R0 what a map holds at key 0, or NULL.
func lookup() asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("values"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
	}
}

func TestOrigin(t *testing.T) {
	for name, test := range map[string]struct {
		insns asm.Instructions
		want  []string // "instruction: note", oldest first
	}{
		"result of a call": {
			append(lookup(), asm.LoadMem(asm.R0, asm.R0, 0, asm.Word), asm.Return()),
			[]string{"5: the value is the result of this call"},
		},
		"through a copy and the stack": {
			append(lookup(),
				asm.Mov.Reg(asm.R6, asm.R0),
				asm.StoreMem(asm.RFP, -16, asm.R6, asm.DWord),
				asm.FnKtimeGetNs.Call(),
				asm.LoadMem(asm.R7, asm.RFP, -16, asm.DWord),
				asm.LoadMem(asm.R0, asm.R7, 0, asm.Word), asm.Return()),
			[]string{"5: the value is the result of this call"},
		},
		"an index that was compared": {
			append(lookup(),
				asm.JEq.Imm(asm.R0, 0, "out"),
				asm.LoadMem(asm.R6, asm.R0, 0, asm.Word),
				asm.JGT.Imm(asm.R6, 8, "out"),
				asm.Add.Reg(asm.R0, asm.R6),
				asm.LoadMem(asm.R0, asm.R0, 0, asm.Word),
				asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return()),
			[]string{
				"-1: the kernel says first: invalid access to map value, value_size=8 off=8 size=4",
				"7: the value is read here",
				"8: the value is compared here",
				"9: the variable part is added here",
				"-1: the variable part of R0 is between 0 and 8 here",
			},
		},
		"overwritten by a call": {
			asm.Instructions{asm.FnKtimeGetNs.Call(), asm.Mov.Reg(asm.R0, asm.R1), asm.Return()},
			[]string{"0: this call overwrites R1 to R5"},
		},
		"never written": {
			asm.Instructions{asm.Mov.Reg(asm.R0, asm.R3), asm.Return()},
			[]string{},
		},
		"returned by a function": {
			append(asm.Instructions{
				asm.Call.Label("callee"),
				asm.LoadMem(asm.R0, asm.R0, 0, asm.Word), asm.Return(),
				asm.Mov.Imm(asm.R6, 0).WithSymbol("callee"),
			}, append(lookup(), asm.Return())...),
			[]string{"9: the value is the result of this call"},
		},
		"argument of a function": {
			asm.Instructions{
				asm.Mov.Imm(asm.R2, 7),
				asm.Call.Label("callee"),
				asm.Mov.Imm(asm.R0, 0), asm.Return(),
				asm.LoadMem(asm.R0, asm.R2, 0, asm.Word).WithSymbol("callee"), asm.Return(),
			},
			[]string{"0: the value is set here"},
		},
		"held at the end": {
			asm.Instructions{
				asm.LoadMapPtr(asm.R1, 0).WithReference("records"),
				asm.Mov.Imm(asm.R2, 8), asm.Mov.Imm(asm.R3, 0),
				asm.FnRingbufReserve.Call(),
				asm.Mov.Imm(asm.R0, 0), asm.Return(),
			},
			[]string{"4: it is acquired here"},
		},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, notes(t, test.insns)) })
	}
}

// notes judges a program that is refused and lists what explains why.
func notes(t *testing.T, insns asm.Instructions) []string {
	t.Helper()
	spec := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{
			"test": {Name: "test", Type: ebpf.SocketFilter, License: "GPL", Instructions: insns},
		},
		Maps: map[string]*ebpf.MapSpec{
			"values":  {Name: "values", Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: 1},
			"records": {Name: "records", Type: ebpf.RingBuf, MaxEntries: 4096},
		},
	}
	res, err := analysis.Run([]analysis.Object{{Spec: spec}}, analysis.Config{
		Suite:  []*analysis.Analyzer{graph.Analyzer, proof.Analyzer},
		Target: &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll},
	})
	require.NoError(t, err)
	p := res.Objects[0].Programs[0]
	require.Equal(t, analysis.VerdictReject, p.Verdict, p.Message)
	list := []string{}
	for _, r := range p.Findings[0].Related {
		list = append(list, fmt.Sprintf("%d: %s", r.Insn, r.Message))
	}
	return list
}
