package prog

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"
)

// What user space would set before it creates a map is set, and said.
func TestCompleteMap(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    ebpf.MapSpec
		want  string
		fixes []string
	}{
		{"nothing to do", ebpf.MapSpec{Type: ebpf.Hash, KeySize: 8, ValueSize: 16, MaxEntries: 5},
			"Hash(keySize=8, valueSize=16, maxEntries=5, flags=0)", nil},
		{"no entries", ebpf.MapSpec{Type: ebpf.LRUHash, KeySize: 8, ValueSize: 16},
			"LRUHash(keySize=8, valueSize=16, maxEntries=1, flags=0)", []string{"max_entries 0 -> 1"}},
		{"one entry for each CPU", ebpf.MapSpec{Type: ebpf.PerfEventArray},
			"PerfEventArray(keySize=4, valueSize=4, maxEntries=4, flags=0)",
			[]string{"max_entries 0 -> 4", "key_size 0 -> 4", "value_size 0 -> 4"}},
		{"a ring buffer of a page", ebpf.MapSpec{Type: ebpf.RingBuf},
			"RingBuf(keySize=0, valueSize=0, maxEntries=4096, flags=0)", []string{"max_entries 0 -> 4096"}},
		{"a ring buffer rounded up", ebpf.MapSpec{Type: ebpf.UserRingbuf, MaxEntries: 4097},
			"UserRingbuf(keySize=0, valueSize=0, maxEntries=8192, flags=0)", []string{"max_entries 4097 -> 8192"}},
		{"a ring buffer that cannot be rounded up", ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: 1<<31 + 1},
			"RingBuf(keySize=0, valueSize=0, maxEntries=2147483649, flags=0)", nil},
		{"storage has no entries", ebpf.MapSpec{Type: ebpf.TaskStorage, KeySize: 4, ValueSize: 8},
			"TaskStorage(keySize=4, valueSize=8, maxEntries=0, flags=0)", nil},
		{"stack traces", ebpf.MapSpec{Type: ebpf.StackTrace, KeySize: 4, MaxEntries: 7},
			"StackTrace(keySize=4, valueSize=1016, maxEntries=7, flags=0)", []string{"value_size 0 -> 1016"}},
		{"a bloom filter has no key", ebpf.MapSpec{Type: ebpf.BloomFilter, MaxEntries: 7},
			"BloomFilter(keySize=0, valueSize=8, maxEntries=7, flags=0)", []string{"value_size 0 -> 8"}},
		{"an inner map is made up", ebpf.MapSpec{Type: ebpf.HashOfMaps, KeySize: 8, MaxEntries: 2},
			"HashOfMaps(keySize=8, valueSize=4, maxEntries=2, flags=0)",
			[]string{"inner map missing -> Hash(keySize=4, valueSize=4, maxEntries=1, flags=0)"}},
		{"an inner map is completed", ebpf.MapSpec{Type: ebpf.ArrayOfMaps, KeySize: 4, MaxEntries: 2,
			InnerMap: &ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8}},
			"ArrayOfMaps(keySize=4, valueSize=4, maxEntries=2, flags=0)", []string{"inner: max_entries 0 -> 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := c.in
			m, fixes := completeMap("m", &c.in, mapUser{cpus: 4, program: ebpf.XDP})
			require.Equal(t, c.want, m.Spec.String())
			require.Equal(t, c.fixes, fixes)
			require.Equal(t, before, c.in, "the definition is left alone")
			require.Equal(t, m.Spec.Type == ebpf.ArrayOfMaps || m.Spec.Type == ebpf.HashOfMaps, m.Inner != nil)
		})
	}
}

func TestGuessInnerOfSocketSelectors(t *testing.T) {
	m, _ := completeMap("m", &ebpf.MapSpec{Type: ebpf.ArrayOfMaps, KeySize: 4, MaxEntries: 2}, mapUser{program: ebpf.SkReuseport})
	require.Equal(t, ebpf.ReusePortSockArray, m.Inner.Spec.Type)
}

func TestGuessType(t *testing.T) {
	for section, want := range map[string]ebpf.ProgramType{
		"kprobe_foo": ebpf.Kprobe, "from-xdp": ebpf.XDP, "len_hist": ebpf.LWTXmit,
		"cgroup/dev": ebpf.CGroupDevice, "2/7": ebpf.SchedCLS, "": ebpf.SchedCLS,
	} {
		typ, _, ok := GuessType(&ebpf.ProgramSpec{SectionName: section})
		require.Equal(t, want, typ, section)
		require.Equal(t, section != "" && section != "2/7", ok, section)
	}
}
