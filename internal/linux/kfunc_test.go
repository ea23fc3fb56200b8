package linux

import (
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKfuncsAreConsistent(t *testing.T) {
	require.True(t, sort.SliceIsSorted(kfuncs, func(i, j int) bool { return kfuncs[i].Name < kfuncs[j].Name }))
	seen := map[string]Kernels{}
	for _, f := range kfuncs {
		require.Zero(t, seen[f.Name]&f.Kernels, f.Name)
		seen[f.Name] |= f.Kernels
		require.Less(t, f.Flags, KfuncImplicitArgs<<1, f.Name)
		require.Less(t, int(f.callers), len(kfuncCallers))
	}
}

func TestKfuncLookup(t *testing.T) {
	const xdp, tracing, fentry = 6, 26, 24
	require.Nil(t, For(V5_10).Kfunc("bpf_rcu_read_lock"))
	require.Nil(t, For(V6_12).Kfunc("printk"))

	k := For(V6_12)
	f := k.Kfunc("bpf_task_acquire")
	require.NotNil(t, f)
	require.True(t, f.Has(KfuncAcquire|KfuncRetNull|KfuncRCU))
	require.False(t, f.Has(KfuncRelease))
	require.True(t, f.MayCall(k.Hook(tracing, fentry, false, ""), ""))

	f = k.Kfunc("bpf_dynptr_from_xdp")
	require.True(t, f.MayCall(k.Hook(xdp, 0, false, ""), ""))
	require.False(t, f.MayCall(k.Hook(tracing, fentry, false, ""), ""))
}

// Kprobes that are attached to many functions may call what others may; sessions
// have kfuncs of their own.
func TestKfuncsOfManyProbes(t *testing.T) {
	const kprobe, multi, session = 2, 42, 56
	for _, v := range []Version{V6_12, V6_18, V7_2} {
		k := For(v)
		for kfunc, want := range map[string][3]bool{
			"bpf_rcu_read_lock": {true, true, true}, "bpf_session_is_return": {false, false, true},
		} {
			for i, attach := range []uint32{0, multi, session} {
				require.Equal(t, want[i], k.Kfunc(kfunc).MayCall(k.Hook(kprobe, attach, false, ""), ""), "%v %s %d", v, kfunc, attach)
			}
		}
	}
}

func TestSuffixes(t *testing.T) {
	require.Equal(t, SuffixConstSize, For(V6_18).SuffixOf("buffer__szk"))
	require.Equal(t, SuffixSize, For(V6_1).SuffixOf("size__sz"))
	require.Equal(t, SuffixNone, For(V6_1).SuffixOf("size__k"))
	require.Equal(t, SuffixNone, For(V7_2).SuffixOf("task"))
}
