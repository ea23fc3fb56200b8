package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNameSets(t *testing.T) {
	seen := map[NameSet]Kernels{}
	for _, s := range nameSets {
		require.Zero(t, seen[s.set]&s.kernels)
		seen[s.set] |= s.kernels
	}
	require.True(t, For(V6_18).Lists(DPathCallers, "vfs_getattr"))
	require.False(t, For(V6_18).Lists(DPathCallers, "vfs"))
	require.True(t, For(V6_18).Lists(UntrustedLSM, "bpf_lsm_task_free"))
	require.False(t, For(V5_10).Lists(UntrustedLSM, "bpf_lsm_task_free"))
}
