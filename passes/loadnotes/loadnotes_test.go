package loadnotes_test

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/loadnotes"
	"github.com/bpflint/bpflint/passes/passtest"
)

func TestNothingToSay(t *testing.T) {
	p := passtest.Program(ebpf.XDP, asm.Mov.Imm(asm.R0, 2), asm.Return())
	require.Empty(t, passtest.Run(t, loadnotes.Analyzer, linux.V6_18, p))
}

func TestNotes(t *testing.T) {
	p := passtest.Program(ebpf.UnspecifiedProgram,
		asm.LoadMapPtr(asm.R1, 0).WithReference("events"),
		asm.FnProbeReadKernel.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	)
	p.SectionName = "whatever"
	p.License = ""
	events := &ebpf.MapSpec{Name: "events", Type: ebpf.PerfEventArray}
	got := passtest.Run(t, loadnotes.Analyzer, linux.Version{Major: 5, Minor: 4}, p, events)
	var ids []string
	for _, s := range got {
		id, _, _ := strings.Cut(s, ":")
		ids = append(ids, id)
	}
	require.ElementsMatch(t, []string{"load/license -1", "load/program-type -1", "load/map -1", "load/helper-replaced 2"}, ids)
}
