package linux

// MapType is what one kernel or several say of maps of one type. The ranges of
// sizes are those of a sample of definitions around a usual one.
type MapType struct {
	Kernels Kernels
	ID      uint32 // enum bpf_map_type
	Key     SizeRange
	Value   SizeRange
	Entries SizeRange

	Flags      uint32 // bits of map_flags that are accepted
	NeedsFlags uint32 // bits that must be set
	NeedsBTF   bool   // key and value types have to be given

	Inner     bool // may be the inner map of a map of maps
	Direct    bool // its value may be addressed by a 64-bit constant
	Sleepable bool // sleepable programs may use it
	Fields    Fields
}

// SizeRange bounds a size in a map's definition; both ends are accepted.
type SizeRange struct{ Min, Max uint32 }

// Unlimited as SizeRange.Max says that no sampled size was too large.
const Unlimited = ^uint32(0)

// Has reports whether n is in the range.
func (r SizeRange) Has(n uint32) bool { return n >= r.Min && n <= r.Max }

// Fields are special fields that a map's value may have.
type Fields uint8

// Special fields of map values.
const (
	SpinLock Fields = 1 << iota
	Timer
	Workqueue
	TaskWork
	ResSpinLock
	Refcount
)

// MapType returns the row of a map type, nil when the kernel cannot create it.
func (k *Kernel) MapType(id uint32) *MapType {
	for i := range mapRows {
		if m := &mapRows[i]; m.ID == id && m.Kernels.In(k.Version) {
			return m
		}
	}
	return nil
}

// MapTypeName spells a map type as bpftool does, "" for none.
func MapTypeName(id uint32) string {
	if id < uint32(len(mapTypeNames)) {
		return mapTypeNames[id]
	}
	return ""
}

var mapTypeNames = [...]string{
	"unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array", "stack_trace", "cgroup_array",
	"lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps", "hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap", "sockhash",
	"cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack", "sk_storage", "devmap_hash", "struct_ops",
	"ringbuf", "inode_storage", "task_storage", "bloom_filter", "user_ringbuf", "cgrp_storage", "arena", "insn_array", "rhash",
}

// mapCall says which map types a helper takes, one bit each.
type mapCall struct {
	kernels Kernels
	helper  uint16
	types   uint64
}

// MapFits reports whether maps of a type may be passed to a helper; otherwise
// the kernel says "cannot pass map_type %d into func %s#%d". Socket maps ask
// MayUpdateSockmap on top.
func (k *Kernel) MapFits(mapType, helper uint32) bool {
	if helper >= NumHelpers || mapType > 63 {
		return false
	}
	return k.mapFits[helper]>>mapType&1 != 0
}

// Numbers that decide about updates of socket maps.
const (
	helperMapDelete = 3
	progSockOps     = 13
	traceIter       = 28
)

// sockmapUpdaters has a bit for every program type that may update and delete
// elements of socket maps: socket_filter, sched_cls, sched_act, xdp,
// sk_reuseport, flow_dissector and sk_lookup.
const sockmapUpdaters uint64 = 1<<1 | 1<<3 | 1<<4 | 1<<6 | 1<<21 | 1<<22 | 1<<30

// MayUpdateSockmap reports whether programs may change socket maps through
// bpf_map_update_elem or bpf_map_delete_elem; otherwise the kernel says
// "cannot update sockmap in this context" first.
func MayUpdateSockmap(progType, attach, helper uint32) bool {
	switch {
	case progType == progTracing:
		return attach == traceIter
	case progType == progSockOps:
		return helper == helperMapDelete
	}
	return progType < 64 && sockmapUpdaters>>progType&1 != 0
}
