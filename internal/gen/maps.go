package gen

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// Maps are the maps that generated programs refer to, by index.
func Maps() []*ebpf.MapSpec {
	return []*ebpf.MapSpec{
		{Name: "array", Type: ebpf.Array, KeySize: 4, ValueSize: 48, MaxEntries: 4},
		{Name: "hash", Type: ebpf.Hash, KeySize: 8, ValueSize: 24, MaxEntries: 4},
		{Name: "ringbuf", Type: ebpf.RingBuf, MaxEntries: 4096},
		{Name: "percpu", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 2},
		{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "events", Type: ebpf.PerfEventArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "stacks", Type: ebpf.StackTrace, KeySize: 4, ValueSize: 80, MaxEntries: 4},
		{Name: "queue", Type: ebpf.Queue, ValueSize: 16, MaxEntries: 4},
		{Name: "lru", Type: ebpf.LRUHash, KeySize: 16, ValueSize: 8, MaxEntries: 4},
		{Name: "devs", Type: ebpf.DevMap, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "socks", Type: ebpf.SockMap, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "sockhash", Type: ebpf.SockHash, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "cgroups", Type: ebpf.CGroupArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
		{Name: "readonly", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1, Flags: 1 << 7},
		{Name: "writeonly", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1, Flags: 1 << 8},
		{Name: "bloom", Type: ebpf.BloomFilter, ValueSize: 8, MaxEntries: 4},
		{Name: "reuseport", Type: ebpf.ReusePortSockArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "cpus", Type: ebpf.CPUMap, KeySize: 4, ValueSize: 8, MaxEntries: 2},
		{Name: "locked", Type: ebpf.Array, KeySize: 4, ValueSize: 24, MaxEntries: 2, Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Value: lockedValue()},
		{Name: "lockedhash", Type: ebpf.Hash, KeySize: 4, ValueSize: 24, MaxEntries: 2, Key: &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, Value: lockedValue()},
		{Name: "xsks", Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 2},
	}
}

// lockedValue is a structure with a spin lock in it.
func lockedValue() btf.Type {
	u32 := &btf.Int{Name: "unsigned int", Size: 4}
	u64 := &btf.Int{Name: "unsigned long", Size: 8}
	lock := &btf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []btf.Member{{Name: "val", Type: u32}}}
	return &btf.Struct{Name: "locked", Size: 24, Members: []btf.Member{
		{Name: "a", Type: u64}, {Name: "lock", Type: lock, Offset: 64}, {Name: "b", Type: u32, Offset: 96}, {Name: "c", Type: u64, Offset: 128},
	}}
}

// Indices of Maps.
const (
	mapArray = iota
	mapHash
	mapRingbuf
	mapPercpu
	mapProgs
	numMaps = 21
)
