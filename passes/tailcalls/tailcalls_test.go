package tailcalls_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/prog"
)

// found lists what the analyzer says of each program of an object that it says
// something of, as "ID: message".
func found(t *testing.T, object string, target prog.Target) map[string][]string {
	image, err := os.ReadFile("../../testdata/objects/" + object)
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	target.Caps = linux.CapAll
	res, err := analysis.Run([]analysis.Object{{Spec: spec}}, analysis.Config{Suite: passes.Suite(), Target: &target})
	require.NoError(t, err)
	all := map[string][]string{}
	for _, p := range res.Objects[0].Programs {
		for _, f := range p.Findings {
			if f.Analyzer == "tailcalls" {
				all[p.Name] = append(all[p.Name], f.ID+": "+f.Message)
			}
		}
	}
	return all
}

// TestOwners holds what is said of arrays by kernel against the answers that
// package linux has recorded.
func TestOwners(t *testing.T) {
	const member, callers = "lint/program-array: ", "lint/program-array-callers: "
	always := map[string][]string{
		"shares":         {callers + "shares_as_well cannot use the array shared as well: their types differ"},
		"shares_as_well": {callers + "shares cannot use the array shared as well: their types differ"},
	}
	two := []string{member + "keeps_other in the array next_other cannot be called from here: their cgroup storages differ"}
	lost := []string{member + "keeps_none_and_calls in the array next_calls cannot be called from here: their cgroup storages differ"}
	for kernel, want := range map[string]map[string][]string{
		"5.10":    {},
		"6.1":     {"two_storages": two},
		"6.12":    {"two_storages": two, "storage_is_lost": lost},
		"6.18":    {"two_storages": two},
		"6.18.44": {"two_storages": two, "storage_is_lost": lost},
		"7.2":     {"two_storages": two, "storage_is_lost": lost},
	} {
		for name, messages := range always {
			want[name] = messages
		}
		r, err := linux.ParseRelease(kernel)
		require.NoError(t, err)
		require.Equal(t, want, found(t, "progarray_owners.bpf.o", prog.Target{Kernel: r.Version, Patch: r.Patch}), kernel)
	}
}

// TestKinds looks at members of other kinds and at empty places.
func TestKinds(t *testing.T) {
	const member = "lint/program-array: "
	require.Equal(t, map[string][]string{
		"calls_nothing": {"lint/program-array-empty: the object puts no program at index 2 of good"},
		"calls_tc":      {member + "next_tc in the array other_type cannot be called from here: their types differ"},
		"calls_frags":   {member + "next_frags in the array other_frags cannot be called from here: one of them only is for multi-buffer XDP"},
	}, found(t, "progarray_kinds.bpf.o", prog.Target{Kernel: linux.V6_18}))
}

// TestConversion allows calls of gtrace programs where contexts can be converted.
func TestConversion(t *testing.T) {
	require.Equal(t, map[string][]string{
		"from_xdp": {"tailcalls/conversion: trace in the array tools cannot be called from here: its context cannot be converted"},
	}, found(t, "gtrace_tool.bpf.o", prog.Target{Kernel: linux.V6_18, Extensions: linux.ExtGtrace}))
}
