package maps_test

import (
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
)

const cpus = 4

func newMap(t testing.TB, s maps.Spec) (maps.Map, *mem.View) {
	s.Name = "m"
	space := mem.NewSpace()
	m, err := maps.New(s, maps.Options{Space: space, CPUs: cpus, Seed: 7})
	require.NoError(t, err)
	return m, mem.NewView(space)
}

func u64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func load(t testing.TB, v *mem.View, addr uint64) uint64 {
	x, err := v.Load(addr, 8)
	require.NoError(t, err)
	return x
}

func TestReplacedValueStaysReadable(t *testing.T) {
	m, view := newMap(t, maps.Spec{Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 1})
	require.Equal(t, errno.OK, m.Update(0, u64(1), u64(10), maps.Any))
	old := m.Lookup(0, u64(1))
	require.Equal(t, errno.OK, m.Update(0, u64(1), u64(11), maps.Any))
	require.EqualValues(t, 10, load(t, view, old))
	require.EqualValues(t, 11, load(t, view, m.Lookup(0, u64(1))))
	require.Equal(t, errno.E2BIG, m.Update(0, u64(2), u64(12), maps.Any))
}

func TestPerCPUValues(t *testing.T) {
	for _, typ := range []ebpf.MapType{ebpf.PerCPUHash, ebpf.PerCPUArray, ebpf.LRUCPUHash} {
		t.Run(typ.String(), func(t *testing.T) {
			m, view := newMap(t, maps.Spec{Type: typ, KeySize: 4, ValueSize: 8, MaxEntries: 4})
			key := []byte{1, 0, 0, 0}
			require.Equal(t, errno.OK, m.Update(2, key, u64(7), maps.Any))
			require.Equal(t, errno.OK, m.Update(1, key, u64(5), maps.Any))
			v, e := m.Get(key)
			require.Equal(t, errno.OK, e)
			require.Equal(t, append(append(append(u64(0), u64(5)...), u64(7)...), u64(0)...), v)
			require.EqualValues(t, 7, load(t, view, m.Lookup(2, key)))
		})
	}
}

func TestLRUEvictsTheUnused(t *testing.T) {
	m, _ := newMap(t, maps.Spec{Type: ebpf.LRUHash, KeySize: 8, ValueSize: 8, MaxEntries: 3})
	for i := range uint64(3) {
		require.Equal(t, errno.OK, m.Update(0, u64(i), u64(i), maps.Any))
	}
	require.NotZero(t, m.Lookup(0, u64(0)))
	require.Equal(t, errno.OK, m.Update(0, u64(3), u64(3), maps.Any))
	require.NotZero(t, m.Lookup(0, u64(0)), "used since")
	require.Zero(t, m.Lookup(0, u64(1)), "the oldest that was not used")
}

func TestReadOnlyForPrograms(t *testing.T) {
	m, view := newMap(t, maps.Spec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1, Flags: maps.FlagReadOnly})
	addr := m.Lookup(0, make([]byte, 4))
	require.EqualError(t, view.Store(addr, 8, 1), "write of 8 bytes at offset 0 of values of map m, which is read-only")
}

func TestBloom(t *testing.T) {
	m, _ := newMap(t, maps.Spec{Type: ebpf.BloomFilter, ValueSize: 8, MaxEntries: 100})
	s := m.(maps.Stack)
	for i := range uint64(100) {
		require.Equal(t, errno.OK, s.Push(u64(i), 0))
	}
	hits := 0
	for i := range uint64(1000) {
		if e := s.Peek(u64(i)); i < 100 {
			require.Equal(t, errno.OK, e)
		} else if e == errno.OK {
			hits++
		}
	}
	require.Less(t, hits, 100)
}

func TestRing(t *testing.T) {
	m, view := newMap(t, maps.Spec{Type: ebpf.RingBuf, MaxEntries: 4096})
	r := m.(*maps.Ring)
	read := func() (list []uint64) {
		r.Read(func(b []byte) { list = append(list, binary.LittleEndian.Uint64(b)) })
		return list
	}
	a, b := r.Reserve(8), r.Reserve(16)
	require.NoError(t, view.Store(a, 8, 1))
	require.NoError(t, view.Store(b, 8, 2))
	require.Equal(t, errno.OK, r.Commit(b, 0, false))
	require.Empty(t, read(), "a record before is not committed")
	require.Zero(t, r.Wakeups())
	require.EqualValues(t, 16+24, r.Query(0))
	require.Equal(t, errno.OK, r.Commit(a, 0, false))
	require.EqualValues(t, 1, r.Wakeups())
	require.Equal(t, []uint64{1, 2}, read())
	require.Equal(t, errno.EINVAL, r.Commit(a, 0, false), "twice")

	require.Equal(t, errno.OK, r.Commit(r.Reserve(8), 0, true))
	require.Empty(t, read(), "discarded")
	require.Equal(t, []uint64{0, 4096, 56, 56}, []uint64{r.Query(0), r.Query(1), r.Query(2), r.Query(3)})

	require.Zero(t, r.Reserve(4089), "no record may be that long")
	require.NotZero(t, r.Reserve(2000))
	require.NotZero(t, r.Reserve(2000))
	require.Zero(t, r.Reserve(2000), "full")
	require.Equal(t, errno.EAGAIN, r.Output(make([]byte, 2000), 0))
}

// TestRingWraps checks that a record over the end lies in the ring as a
// consumer maps it.
func TestRingWraps(t *testing.T) {
	m, _ := newMap(t, maps.Spec{Type: ebpf.RingBuf, MaxEntries: 4096})
	r := m.(*maps.Ring)
	require.Equal(t, errno.OK, r.Output(make([]byte, 4000), 0))
	r.Read(func([]byte) {})
	record := make([]byte, 200)
	for i := range record {
		record[i] = byte(i)
	}
	require.Equal(t, errno.OK, r.Output(record, 0))
	off := 4008 + maps.RingHeader
	require.Equal(t, record[:4096-off], r.Data()[off:])
	require.Equal(t, record[4096-off:], r.Data()[:200-(4096-off)])
	r.Read(func(b []byte) { require.Equal(t, record, b) })
}

// TestHammerHash lets CPUs insert, replace and delete keys of their own in one
// map: nothing may get lost.
func TestHammerHash(t *testing.T) {
	for _, typ := range []ebpf.MapType{ebpf.Hash, ebpf.LRUHash} {
		t.Run(typ.String(), func(t *testing.T) {
			m, _ := newMap(t, maps.Spec{Type: typ, KeySize: 8, ValueSize: 8, MaxEntries: cpus * 64})
			var wg sync.WaitGroup
			for cpu := range cpus {
				wg.Go(func() { hammer(t, m, cpu, typ == ebpf.Hash) })
			}
			wg.Wait()
			count := 0
			for k, e := m.Next(nil); e == errno.OK; k, e = m.Next(k) {
				count++
			}
			require.LessOrEqual(t, count, cpus*64)
			if typ == ebpf.Hash {
				require.Equal(t, cpus*32, count)
			}
		})
	}
}

func hammer(t *testing.T, m maps.Map, cpu int, keeps bool) {
	for round := range 200 {
		for i := range 64 {
			key := u64(uint64(i*cpus + cpu))
			if e := m.Update(cpu, key, u64(uint64(round)), maps.Any); e != errno.OK {
				t.Errorf("update: %v", e)
			}
			if addr := m.Lookup(cpu, key); addr == 0 && keeps {
				t.Error("a key got lost")
			}
			if i%2 == 1 {
				if e := m.Delete(key); e != errno.OK && keeps {
					t.Errorf("delete: %v", e)
				}
			}
		}
	}
}

// TestHammerRing lets CPUs write records to one ring with one consumer:
// nothing lost, nothing twice, each CPU's in its order.
func TestHammerRing(t *testing.T) {
	m, _ := newMap(t, maps.Spec{Type: ebpf.RingBuf, MaxEntries: 4096})
	r := m.(*maps.Ring)
	const each = 5000
	var wg sync.WaitGroup
	var done atomic.Int32
	for cpu := range cpus {
		wg.Go(func() {
			defer done.Add(1)
			for i := range uint64(each) {
				record := append(u64(uint64(cpu)), u64(i)...)
				for r.Output(record[:16:16], 0) != errno.OK {
					runtime.Gosched()
				}
			}
		})
	}
	var next [cpus]uint64
	for done.Load() < cpus || r.Query(0) > 0 {
		r.Read(func(b []byte) {
			cpu, i := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
			if next[cpu] != i {
				t.Errorf("CPU %d: record %d instead of %d", cpu, i, next[cpu])
			}
			next[cpu] = i + 1
		})
		runtime.Gosched()
	}
	wg.Wait()
	require.Equal(t, [cpus]uint64{each, each, each, each}, next)
}
