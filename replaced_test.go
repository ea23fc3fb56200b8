package bpflint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/load"
)

func readSpec(t *testing.T, name string) *ebpf.CollectionSpec {
	t.Helper()
	image, err := os.ReadFile(filepath.Join("testdata", "objects", name))
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	return spec
}

// What an extension replaces decides about it.
func TestReplaced(t *testing.T) {
	extensions, target := readSpec(t, "freplace.bpf.o"), readSpec(t, "freplace_target.bpf.o")
	judge := func(name string, replaced *ebpf.CollectionSpec) *analysis.ProgramResult {
		res, err := bpflint.Check(extensions, bpflint.Options{Programs: []string{name}, Replaced: replaced})
		require.NoError(t, err)
		return res.Program(name)
	}
	require.Equal(t, analysis.VerdictAccept, judge("replacement", target).Verdict)
	require.Equal(t, "Tracing programs must provide btf_id", judge("replacement", nil).Message)
	require.Equal(t, "two_numbers() has 2 args while number() has 1 args", judge("two_numbers", target).Message)

	twice := target.Copy()
	twice.Programs["again"] = twice.Programs["main_program"].Copy()
	p := judge("replacement", twice)
	require.Equal(t, analysis.VerdictError, p.Verdict)
	require.Contains(t, p.Message, "again, main_program; name one")
	p = judge("replacement", readSpec(t, "xdp_pass.bpf.o"))
	require.Equal(t, analysis.VerdictError, p.Verdict)
	require.Contains(t, p.Message, "has a function too_long to replace")
}

// Types of functions that do not describe how they are called are told, with
// the reason.
func TestMismatch(t *testing.T) {
	res, err := bpflint.Check(readSpec(t, "freplace_target.bpf.o"), bpflint.Options{})
	require.NoError(t, err)
	why := make(map[string]string)
	for _, f := range res.Programs[0].Stats.Functions {
		why[f.Name] = f.Mismatch
	}
	require.Equal(t, map[string]string{
		"main_program": "", "too_long": "", "number": "", "moves": "", "hidden": "",
		"looks_at_memory": "arg#0 points to memory whose size only the caller knows",
	}, why)
}
