package exec

import (
	"math/bits"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/typed"
)

// mapObjects are the structs that pointers to maps lead to, by number.
type mapObjects struct {
	mu    sync.Mutex
	bytes [][]byte
}

// mapObjectLen is how much a program may read of a map's struct.
const mapObjectLen = 4096

// containers are the structs that begin with struct bpf_map, as far as programs
// know them.
var containers = map[ebpf.MapType]string{
	ebpf.Array: "bpf_array", ebpf.PerCPUArray: "bpf_array", ebpf.ProgramArray: "bpf_array", ebpf.PerfEventArray: "bpf_array",
	ebpf.CGroupArray: "bpf_array", ebpf.ArrayOfMaps: "bpf_array",
	ebpf.Hash: "bpf_htab", ebpf.PerCPUHash: "bpf_htab", ebpf.LRUHash: "bpf_htab", ebpf.LRUCPUHash: "bpf_htab",
	ebpf.HashOfMaps: "bpf_htab",
}

// mapObject returns struct bpf_map of a map, laid out by the kernel's types, nil
// when these are not known. Members that describe the kernel's memory are 0.
func (m *Machine) mapObject(number int, of maps.Map) []byte {
	m.mapObjects.mu.Lock()
	defer m.mapObjects.mu.Unlock()
	for len(m.mapObjects.bytes) <= number {
		m.mapObjects.bytes = append(m.mapObjects.bytes, nil)
	}
	if b := m.mapObjects.bytes[number]; b != nil {
		return b
	}
	t, err := m.objects.find("bpf_map")
	if err != nil {
		return nil
	}
	b, s := make([]byte, mapObjectLen), of.Spec()
	// A kernel without a member has nothing that could be read.
	set := func(t btf.Type, values map[string]uint64) {
		for member, v := range values {
			_ = typed.Put(b, t, member, v)
		}
	}
	set(t, map[string]uint64{
		"map_type": uint64(s.Type), "key_size": uint64(s.KeySize), "value_size": uint64(s.ValueSize),
		"max_entries": uint64(s.MaxEntries), "map_flags": uint64(s.Flags), "map_extra": s.Extra, "id": uint64(number + 1),
	})
	_ = typed.Put(b, t, "name", s.Name[:min(len(s.Name), 15)])
	if outer, err := m.objects.find(containers[s.Type]); err == nil {
		power := uint64(1) << bits.Len32(s.MaxEntries-1)
		set(outer, map[string]uint64{"elem_size": elementSize(s), "index_mask": power - 1, "n_buckets": power})
	}
	m.mapObjects.bytes[number] = b
	return b
}

// elementSize is what an element takes in the kernel: in a hash table it has a
// header and a key, and there a per-CPU value is only a pointer.
func elementSize(s *maps.Spec) uint64 {
	const header = 48
	round := func(n uint32) uint64 { return uint64(n+7) &^ 7 }
	switch s.Type {
	case ebpf.Hash, ebpf.LRUHash:
		return header + round(s.KeySize) + round(s.ValueSize)
	case ebpf.PerCPUHash, ebpf.LRUCPUHash:
		return header + round(s.KeySize) + 8
	}
	return round(s.ValueSize)
}
