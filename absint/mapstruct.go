package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
)

// mapStructs are the kernel's structs behind maps, by type of map.
var mapStructs = map[ebpf.MapType]string{
	ebpf.Hash: "bpf_htab", ebpf.PerCPUHash: "bpf_htab", ebpf.LRUHash: "bpf_htab", ebpf.LRUCPUHash: "bpf_htab",
	ebpf.HashOfMaps: "bpf_htab",
	ebpf.Array:      "bpf_array", ebpf.PerCPUArray: "bpf_array", ebpf.ProgramArray: "bpf_array",
	ebpf.PerfEventArray: "bpf_array", ebpf.CGroupArray: "bpf_array", ebpf.ArrayOfMaps: "bpf_array",
	ebpf.LPMTrie: "lpm_trie", ebpf.StackTrace: "bpf_stack_map", ebpf.Queue: "bpf_queue_stack",
	ebpf.Stack: "bpf_queue_stack", ebpf.RingBuf: "bpf_ringbuf_map", ebpf.UserRingbuf: "bpf_ringbuf_map",
	ebpf.DevMap: "bpf_dtab", ebpf.DevMapHash: "bpf_dtab", ebpf.CPUMap: "bpf_cpu_map", ebpf.XSKMap: "xsk_map",
	ebpf.SockMap: "bpf_stab", ebpf.SockHash: "bpf_shtab", ebpf.ReusePortSockArray: "reuseport_array",
	ebpf.SkStorage: "bpf_local_storage_map", ebpf.InodeStorage: "bpf_local_storage_map",
	ebpf.TaskStorage: "bpf_local_storage_map", ebpf.CgroupStorage: "bpf_local_storage_map",
	ebpf.CGroupStorage: "bpf_cgroup_storage_map", ebpf.PerCPUCGroupStorage: "bpf_cgroup_storage_map",
	ebpf.BloomFilter: "bpf_bloom_filter", ebpf.Arena: "bpf_arena",
}

// accessMapStruct reads a field of the kernel's struct behind a map.
func (m *machine) accessMapStruct(a *access, p *value) bool {
	name := mapStructs[m.maps[p.mapi].kind]
	t, ok := m.findStruct(name)
	if m.verdict == Unsupported || m.err != nil {
		return false
	}
	off := int64(a.off) + int64(p.off)
	switch {
	case !ok:
		m.fail("ENOTSUPP", "map_ptr access not supported for map type %d", uint32(m.maps[p.mapi].kind))
	case !m.rules.ptrLeaks:
		m.fail("EPERM", "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", name)
	case off < 0:
		m.fail("EACCES", "R%d is %s invalid negative access: off=%d", a.reg, name, off)
	case a.write:
		m.fail("EACCES", "only read from %s is supported", name)
	default:
		return m.loadMapField(a, t, uint32(off))
	}
	return false
}

func (m *machine) loadMapField(a *access, t typeRef, off uint32) bool {
	w, ok := m.field(t, off, uint32(a.size), true)
	if !ok || a.value < 0 {
		return ok
	}
	var f flags
	if w.field.Kind == btf.FieldPointer {
		f = tagFlags(&w.field)
		if !m.rules.trust {
			f &^= flagUntrusted | flagRCU
		}
	}
	from := typedPointer(t, 0)
	m.loadField(m.reg(uint8(a.value)), w, &from, f)
	return true
}
