package prog

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/upward"
)

// What our application of a fixup makes of an instruction is what the library
// makes of it, for every relocation of the corpus.
func TestFixups(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("cilium/ebpf applies fixups on Linux only")
	}
	types, err := kernelbtf.For(linux.V6_18)
	require.NoError(t, err)
	count := 0
	for _, path := range corpus(t) {
		spec, err := ebpf.LoadCollectionSpec(path)
		if err != nil {
			continue
		}
		for _, ps := range spec.Programs {
			count += compareFixups(t, ps.Instructions, types)
		}
	}
	require.NotZero(t, count)
	t.Logf("%d relocations", count)
}

func compareFixups(t *testing.T, insns asm.Instructions, types *btf.Spec) int {
	var relos []*btf.CORERelocation
	var at []int
	for i := range insns {
		if relo := btf.CORERelocationMetadata(&insns[i]); relo != nil {
			relos, at = append(relos, relo), append(at, i)
		}
	}
	local := func(btf.Type) (btf.TypeID, error) { return 1, nil }
	fixups, err := btf.CORERelocate(relos, []*btf.Spec{types}, orderOf(types, nil), local)
	require.NoError(t, err)
	for i := range fixups {
		want, got := insns[at[i]], insns[at[i]]
		wantErr := fixups[i].Apply(&want)
		f := readFixup(&fixups[i])
		if f.poison {
			poison(&got)
		} else {
			require.Equal(t, wantErr == nil, f.apply(&got) == nil)
		}
		want.Metadata, got.Metadata = asm.Metadata{}, asm.Metadata{}
		require.Equal(t, want, got)
	}
	return len(fixups)
}

// Static linking gives types other IDs than those in the instructions.
func TestTypeIDs(t *testing.T) {
	dir, ok := upward.Find("testdata/objects")
	require.True(t, ok)
	spec, err := ebpf.LoadCollectionSpec(filepath.Join(dir, "kfunc_arguments.bpf.o"))
	require.NoError(t, err)
	view := func() (*btf.Spec, error) { return kernelbtf.For(linux.V6_18) }
	target := &Target{Kernel: linux.V6_18, KernelTypes: view}
	compiled, err := Link(spec, "type_is_constant", target)
	require.NoError(t, err)
	changed := 0
	insns := spec.Programs["type_is_constant"].Instructions
	for i := range insns {
		if relo := btf.CORERelocationMetadata(&insns[i]); relo != nil && strings.Contains(relo.String(), "local_type_id") {
			insns[i].Constant += 6
			changed++
		}
	}
	require.NotZero(t, changed)
	linked, err := Link(spec, "type_is_constant", target)
	require.NoError(t, err)
	require.Equal(t, compiled.Insns, linked.Insns)
}

// corpus returns the real objects that lie beside a checkout of the project.
func corpus(t *testing.T) []string {
	dir, ok := upward.Find("shared/corpus/objects")
	if !ok {
		t.Skip("no shared/corpus beside the project")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	return paths
}
