package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
)

// mapStructs name the structs that the kernel keeps maps in. Programs may read
// their fields.
var mapStructs = map[ebpf.MapType]string{
	ebpf.Hash: "bpf_htab", ebpf.PerCPUHash: "bpf_htab", ebpf.LRUHash: "bpf_htab", ebpf.LRUCPUHash: "bpf_htab", ebpf.HashOfMaps: "bpf_htab",
	ebpf.Array: "bpf_array", ebpf.PerCPUArray: "bpf_array", ebpf.ProgramArray: "bpf_array", ebpf.PerfEventArray: "bpf_array",
	ebpf.CGroupArray: "bpf_array", ebpf.ArrayOfMaps: "bpf_array",
	ebpf.StackTrace: "bpf_stack_map", ebpf.LPMTrie: "lpm_trie", ebpf.DevMap: "bpf_dtab", ebpf.DevMapHash: "bpf_dtab",
	ebpf.SockMap: "bpf_stab", ebpf.SockHash: "bpf_shtab", ebpf.CPUMap: "bpf_cpu_map", ebpf.XSKMap: "xsk_map",
	ebpf.CGroupStorage: "bpf_cgroup_storage_map", ebpf.PerCPUCGroupStorage: "bpf_cgroup_storage_map",
	ebpf.ReusePortSockArray: "reuseport_array", ebpf.Queue: "bpf_queue_stack", ebpf.Stack: "bpf_queue_stack",
	ebpf.SkStorage: "bpf_local_storage_map", ebpf.InodeStorage: "bpf_local_storage_map", ebpf.TaskStorage: "bpf_local_storage_map",
	ebpf.CgroupStorage: "bpf_local_storage_map", ebpf.StructOpsMap: "bpf_struct_ops_map", ebpf.RingBuf: "bpf_ringbuf_map",
	ebpf.UserRingbuf: "bpf_ringbuf_map", ebpf.BloomFilter: "bpf_bloom_filter", ebpf.Arena: "bpf_arena",
	34: "bpf_insn_array", 35: "bpf_rhtab",
}

// accessMapStruct reads a field of a map itself, not of its elements.
func (m *machine) accessMapStruct(a *access, p *value) bool {
	kind := m.maps[p.mapi].kind
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	name := mapStructs[kind]
	id, ok := types.Find(btf.KindStruct, name)
	off := int64(a.off) + int64(p.off)
	switch {
	case !ok:
		m.fail("ENOTSUPP", "map_ptr access not supported for map type %d", kind)
	case !m.rules.ptrLeaks:
		m.fail("EPERM", "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", name)
	case off < 0:
		m.fail("EACCES", "R%d is %s invalid negative access: off=%d", a.reg, name, off)
	case a.write:
		m.fail("EACCES", "only read from %s is supported", name)
	default:
		w, ok := m.field(kernelType(id), uint32(off), uint32(a.size), true)
		if ok && a.value >= 0 {
			whole := typedPointer(kernelType(id), 0)
			m.loadField(m.reg(uint8(a.value)), w, &whole, tagFlags(&w.field))
		}
		return ok
	}
	return false
}
