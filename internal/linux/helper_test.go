package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every kernel knows every helper up to its last one.
func TestHelpersAreComplete(t *testing.T) {
	for i, v := range Targets() {
		k := For(v)
		require.Nil(t, k.Helper(0), v)
		for id := uint32(1); id <= lastHelpers[i]; id++ {
			require.NotNil(t, k.Helper(id), "%v: helper %d %s", v, id, helperNames[id])
			require.Equal(t, helperNames[id], k.HelperName(id))
		}
		require.Nil(t, k.Helper(lastHelpers[i]+1), v)
		require.Nil(t, k.Helper(^uint32(0)), v)
		require.Equal(t, "unknown", k.HelperName(lastHelpers[i]+1))
	}
}

// A kernel has one prototype per helper and variant, and it makes sense.
func TestHelpersAreConsistent(t *testing.T) {
	type key struct {
		id      uint32
		variant Variant
	}
	seen := map[key]Kernels{}
	for _, h := range helpers {
		at := key{h.ID, h.Variant}
		require.Zero(t, seen[at]&h.Kernels, "%s has two prototypes", h.Name)
		seen[at] |= h.Kernels
		require.Equal(t, helperNames[h.ID], h.Name)
		require.NotZero(t, h.Kernels, h.Name)

		for i, a := range h.Args {
			if a.Kind == ArgConstSize || a.Kind == ArgConstSizeOrZero {
				require.True(t, i > 0 && h.Args[i-1].Kind == ArgMem, "%s: a size without its memory", h.Name)
			}
			if a.Kind == ArgNone {
				require.Equal(t, Arg{}, a, h.Name)
			}
			if i > 0 && h.Args[i-1].Kind == ArgNone {
				require.Equal(t, ArgNone, a.Kind, "%s: a hole in the arguments", h.Name)
			}
			require.Equal(t, a.Kind == ArgFixedMem, a.Size != 0, h.Name)
			require.Equal(t, a.Kind == ArgBTFID && h.Name != "bpf_kptr_xchg", a.Type != "", h.Name)
		}
	}
}

func TestKernels(t *testing.T) {
	require.Equal(t, V5_10, For(Version{5, 4}).Version)
	require.Equal(t, V6_1, For(Version{6, 6}).Version)
	require.Equal(t, V7_2, For(Version{8, 0}).Version)
	require.True(t, From6_1.In(Version{6, 6}))
	require.False(t, From6_1.In(V5_10))
	require.Equal(t, V6_12, From6_12.Oldest())
}
