package types_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/passes/types"
)

// The kernel looks into structs since 6.2, and says nothing in its log.
func TestSpecialMembers(t *testing.T) {
	for _, row := range []struct {
		kernel  linux.Version
		program string
		found   []string
	}{
		{linux.V6_1, "list_without_lock", []string{}},
		{linux.V6_18, "plain", []string{}},
		{linux.V6_18, "list_without_lock", []string{
			"types/ignored -1: Linux 6.18 refuses the types: struct open_queue has a list or tree and no lock"}},
		{linux.V7_2, "list_of_nothing", []string{
			"types/ignored -1: Linux 7.2 refuses the types: no tag says what a list or tree contains"}},
	} {
		t.Run(row.kernel.String()+" "+row.program, func(t *testing.T) {
			spec, err := ebpf.LoadCollectionSpec("../../testdata/objects/btf_special_members.bpf.o")
			require.NoError(t, err)
			for name := range spec.Programs {
				if name != row.program {
					delete(spec.Programs, name)
				}
			}
			require.Equal(t, row.found, passtest.RunCollection(t, types.Analyzer, target.New(row.kernel, linux.CapAll, ""), spec))
		})
	}
}
