package btf_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
)

func kernel(tb testing.TB, v linux.Version) *btf.Types {
	tb.Helper()
	raw, err := kernelbtf.Raw(v)
	require.NoError(tb, err)
	types, err := btf.Open(raw)
	require.NoError(tb, err)
	return types
}

func find(t *testing.T, types *btf.Types, kind btf.Kind, name string) btf.ID {
	t.Helper()
	id, ok := types.Find(kind, name)
	require.True(t, ok, name)
	return id
}

// at returns the offset of a member in bytes.
func at(t *testing.T, types *btf.Types, id btf.ID, name string) uint32 {
	t.Helper()
	for i := range types.NumMembers(id) {
		if m := types.Member(id, i); m.Name == name {
			return m.Offset / 8
		}
	}
	require.Fail(t, "no member "+name)
	return 0
}

func TestWalk(t *testing.T) {
	for _, v := range linux.Targets() {
		t.Run(v.String(), func(t *testing.T) {
			types := kernel(t, v)
			task := find(t, types, btf.KindStruct, "task_struct")
			cgroups := at(t, types, task, "cgroups")

			f, err := types.Walk(task, cgroups, 8, btf.WalkOptions{})
			require.NoError(t, err)
			require.Equal(t, btf.FieldPointer, f.Kind)
			require.Equal(t, "css_set", types.Name(f.Type))
			require.Equal(t, "cgroups", types.FieldName(&f))

			_, err = types.Walk(task, cgroups, 4, btf.WalkOptions{})
			require.ErrorContains(t, err, "cannot access ptr member cgroups")

			f, err = types.Walk(task, at(t, types, task, "comm")+3, 8, btf.WalkOptions{})
			require.NoError(t, err)
			require.Equal(t, btf.FieldScalar, f.Kind)

			_, err = types.Walk(task, 1<<20, 8, btf.WalkOptions{})
			require.ErrorContains(t, err, "access beyond struct task_struct at off 1048576 size 8")

			inode := find(t, types, btf.KindStruct, "inode")
			data := at(t, types, inode, "i_data")
			require.True(t, types.HasAt(inode, data, find(t, types, btf.KindStruct, "address_space"), false, false))
			require.False(t, types.HasAt(inode, data, find(t, types, btf.KindStruct, "address_space"), true, false))

			tcp := find(t, types, btf.KindStruct, "tcp6_sock")
			require.True(t, types.HasAt(tcp, 0, find(t, types, btf.KindStruct, "sock_common"), false, false))
			require.False(t, types.HasAt(tcp, 0, task, false, false))

			fn := find(t, types, btf.KindFunc, "bpf_prog_put")
			proto, ok := types.Proto(fn)
			require.True(t, ok)
			require.Equal(t, 1, types.NumMembers(proto))
			arg, _ := types.Pointee(types.Param(proto, 0).Type)
			require.Equal(t, "bpf_prog", types.Name(arg))
		})
	}
}

// BenchmarkFirstQuery is a walk on types that were never asked before.
func BenchmarkFirstQuery(b *testing.B) {
	raw, err := kernelbtf.Raw(linux.V6_18)
	require.NoError(b, err)
	b.ReportAllocs()
	least := math.Inf(1) // other processes disturb most rounds, but not all
	for b.Loop() {
		start := time.Now()
		types, err := btf.Open(raw)
		require.NoError(b, err)
		task, _ := types.Find(btf.KindStruct, "task_struct")
		_, err = types.Walk(task, 0, 8, btf.WalkOptions{})
		require.NoError(b, err)
		least = min(least, float64(time.Since(start)))
	}
	b.ReportMetric(least, "least-ns/op")
}

func BenchmarkWalk(b *testing.B) {
	types := kernel(b, linux.V6_18)
	task, _ := types.Find(btf.KindStruct, "task_struct")
	size, _ := types.Size(task)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		types.Walk(task, uint32(i)*8%size, 8, btf.WalkOptions{})
	}
}
