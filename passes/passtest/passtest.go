// Package passtest runs analyzers in tests.
package passtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Program makes a program of instructions.
func Program(t ebpf.ProgramType, insns ...asm.Instruction) *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{Name: "test", Type: t, License: "GPL", Instructions: insns}
}

// Run links a program for a kernel and runs an analyzer with all that it
// requires. It returns what the analyzer itself found, as "ID insn: message".
func Run(t *testing.T, a *analysis.Analyzer, kernel linux.Version, spec *ebpf.ProgramSpec, maps ...*ebpf.MapSpec) []string {
	t.Helper()
	collection := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{"test": spec},
		Maps:     map[string]*ebpf.MapSpec{},
	}
	for _, m := range maps {
		collection.Maps[m.Name] = m
	}
	return RunCollection(t, a, &prog.Target{Kernel: kernel, Caps: linux.CapAll}, collection)
}

// RunCollection is Run for the only program of a collection.
func RunCollection(t *testing.T, a *analysis.Analyzer, target *prog.Target, spec *ebpf.CollectionSpec) []string {
	t.Helper()
	res, err := analysis.Run([]analysis.Object{{Spec: spec}}, analysis.Config{Suite: closure(a), Target: target})
	require.NoError(t, err)
	require.Len(t, res.Objects[0].Programs, 1)
	p := res.Objects[0].Programs[0]
	require.NotEqual(t, analysis.VerdictError, p.Verdict, p.Message)
	found := []string{}
	for _, f := range p.Findings {
		if f.Analyzer == a.Name {
			found = append(found, fmt.Sprintf("%s %d: %s", f.ID, f.Insn, f.Message))
		}
	}
	return found
}

// closure lists what a requires, and a.
func closure(a *analysis.Analyzer) []*analysis.Analyzer {
	var list []*analysis.Analyzer
	for _, req := range a.Requires {
		for _, x := range closure(req) {
			if !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
	}
	return append(list, a)
}
