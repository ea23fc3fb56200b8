package maps_test

import (
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
)

// TestStorages gives owners values, in local storages of all kinds.
func TestStorages(t *testing.T) {
	for _, typ := range []ebpf.MapType{ebpf.SkStorage, ebpf.TaskStorage, ebpf.InodeStorage, ebpf.CgroupStorage} {
		space := mem.NewSpace()
		m, err := maps.New(maps.Spec{Name: "s", Type: typ, KeySize: 4, ValueSize: 8, Flags: maps.FlagNoPrealloc}, maps.Options{Space: space, CPUs: 1})
		require.NoError(t, err, typ)
		s, view := m.(*maps.Storage), mem.NewView(space)
		const one, two = 0x1000, 0x2000
		require.Zero(t, s.Of(one, false, nil))
		require.Equal(t, errno.ENOENT, s.Remove(one))
		a, b := s.Of(one, true, []byte{7, 0, 0, 0, 0, 0, 0, 0}), s.Of(two, true, nil)
		require.NotEqual(t, a, b)
		require.Equal(t, a, s.Of(one, true, []byte{9, 0, 0, 0, 0, 0, 0, 0}), "the first value stays")
		for at, want := range map[uint64]uint64{a: 7, b: 0} {
			v, err := view.Load(at, 8)
			require.NoError(t, err)
			require.Equal(t, want, v, typ)
		}
		require.Equal(t, errno.OK, s.Remove(one))
		require.Zero(t, s.Of(one, false, nil))
		require.Equal(t, b, s.Of(two, false, nil), "another owner keeps its value")
		v, err := view.Load(s.Of(one, true, nil), 8)
		require.NoError(t, err)
		require.Zero(t, v, "a new value does not show the old one")
	}
}

// TestStorageOnCPUs lets CPUs make the value of the same owner.
func TestStorageOnCPUs(t *testing.T) {
	const cpus = 4
	m, err := maps.New(maps.Spec{Name: "s", Type: ebpf.TaskStorage, KeySize: 4, ValueSize: 8, Flags: maps.FlagNoPrealloc},
		maps.Options{Space: mem.NewSpace(), CPUs: cpus})
	require.NoError(t, err)
	var addrs [cpus]uint64
	for owner := uint64(1); owner < 200; owner++ {
		var wait sync.WaitGroup
		for cpu := range cpus {
			wait.Go(func() { addrs[cpu] = m.(*maps.Storage).Of(owner, true, nil) })
		}
		wait.Wait()
		require.NotZero(t, addrs[0])
		require.Equal(t, [cpus]uint64{addrs[0], addrs[0], addrs[0], addrs[0]}, addrs)
	}
}
