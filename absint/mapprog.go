package absint

import (
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// tracingTypes are the program types that may run anywhere in the kernel, also
// while it holds locks.
var tracingTypes = []ebpf.ProgramType{
	ebpf.Kprobe, ebpf.TracePoint, ebpf.PerfEvent, ebpf.RawTracepoint, ebpf.RawTracepointWritable,
	linux.ProgGtrace,
}

// notInTracing lists the fields of map values that such programs cannot have.
var notInTracing = []struct {
	fields  []fieldKind
	name    string
	changed linux.Feature // kernels with it allow them; 0 for none
}{
	{[]fieldKind{fieldListHead, fieldRBRoot}, "bpf_{list_head,rb_root}", 0},
	{[]fieldKind{fieldSpinLock, fieldResSpinLock}, "bpf_spin_lock", 0},
	{[]fieldKind{fieldTimer}, "bpf_timer", linux.MachineTimersAnywhere},
	{[]fieldKind{fieldWorkqueue}, "bpf_wq", linux.MachineTimersAnywhere},
}

// checkConstants checks all references to maps and to symbols of the kernel in
// the order of the instructions, as the kernel does before it explores.
func (m *machine) checkConstants() bool {
	for i := range m.insns {
		in := &m.insns[i]
		if in.op != opConst {
			continue
		}
		switch {
		case in.isMap():
			if in.Insn.Imm < 0 || int(in.Insn.Imm) >= len(m.mapAt) {
				m.unsupported("reference to an unknown map")
				return false
			}
			if !m.checkMap(in) {
				return false
			}
		case in.Src() == cfg.ConstBTFID:
			if _, ok := m.addressOfSymbol(btf.ID(uint32(in.Insn.Imm))); !ok {
				return false
			}
		}
	}
	return true
}

func (m *machine) checkMap(in *instr) bool {
	info, kernel := &m.maps[m.mapAt[in.Insn.Imm]], m.prog.Target.Kernel
	if m.prog.Type == ebpf.PerfEvent && m.grows(info) && !kernel.Has(linux.SleepGrowingMaps) {
		m.fail("EINVAL", "perf_event programs can only use preallocated hash map")
		return false
	}
	if slices.Contains(tracingTypes, m.prog.Type) {
		for _, row := range notInTracing {
			allowed := row.changed != 0 && kernel.Has(row.changed)
			if !allowed && slices.ContainsFunc(row.fields, info.has) {
				m.fail("EINVAL", "tracing progs cannot use %s yet", row.name)
				return false
			}
		}
	}
	switch {
	case m.prog.Type == ebpf.SocketFilter && (info.has(fieldSpinLock) || info.has(fieldResSpinLock)):
		who := "socket filter"
		if m.rules.oldNames {
			who = "tracing"
		}
		m.fail("EINVAL", "%s progs cannot use bpf_spin_lock yet", who)
		return false
	case info.kind == ebpf.StructOpsMap:
		m.fail("EINVAL", "bpf_struct_ops map cannot be used in prog")
		return false
	}
	if m.programSleeps() && !m.sleepsWith(info) {
		return false
	}
	if !m.isOnlyStorage(in, info.kind) || info.kind == ebpf.Arena && !m.mayUseArena(m.mapAt[in.Insn.Imm]) {
		return false
	}
	if in.Src() == cfg.ConstMap || in.Src() == cfg.ConstMapIdx {
		return true
	}
	return m.checkMapValue(info, uint32(in.imm>>32))
}

// isOnlyStorage checks that a program uses one cgroup storage of a kind at most:
// each cgroup keeps one for it.
func (m *machine) isOnlyStorage(in *instr, kind ebpf.MapType) bool {
	if kind != ebpf.CGroupStorage && kind != ebpf.PerCPUCGroupStorage {
		return true
	}
	for i := range m.insns {
		before := &m.insns[i]
		if before == in {
			break
		}
		if before.op != opConst || !before.isMap() {
			continue
		}
		if at := m.mapAt[before.Insn.Imm]; m.maps[at].kind == kind && at != m.mapAt[in.Insn.Imm] {
			m.fail("EBUSY", "only one cgroup storage of each type is allowed")
			return false
		}
	}
	return true
}

// isMap reports whether a constant stands for a map or a place in one.
func (in *instr) isMap() bool {
	switch in.Src() {
	case cfg.ConstMap, cfg.ConstMapIdx, cfg.ConstMapValue, cfg.ConstMapIdxV:
		return true
	}
	return false
}

// sleepsWith checks that a program which sleeps may use a map.
func (m *machine) sleepsWith(info *mapInfo) bool {
	kernel := m.prog.Target.Kernel
	if info.has(fieldSpinLock) && kernel.Has(linux.SleepNoLocks) && !kernel.Has(linux.SleepLocks) {
		m.fail("EINVAL", "sleepable progs cannot use bpf_spin_lock yet")
		return false
	}
	if message := kernel.SleepMapRefusal(uint32(info.kind), m.grows(info)); message != "" {
		m.fail("EINVAL", "%s", message)
		return false
	}
	return true
}

// grows reports whether elements of a map, or of the maps in it, are allocated
// when they are added.
func (m *machine) grows(info *mapInfo) bool {
	switch info.kind {
	case ebpf.Hash, ebpf.PerCPUHash, ebpf.HashOfMaps:
		if info.flags&mapNoPrealloc != 0 {
			return true
		}
	}
	return info.inner >= 0 && m.grows(&m.maps[info.inner])
}

// checkMapValue checks the address of a place in a map's only value.
func (m *machine) checkMapValue(info *mapInfo, off uint32) bool {
	switch {
	case off >= maxOffset:
		m.fail("EINVAL", "direct value offset of %d is not allowed", off)
	case info.kind == ebpf.Arena:
		return true // where it ends was checked before
	case info.kind != ebpf.Array:
		m.fail("EINVAL", "no direct value access support for this map type")
	case info.entries != 1:
		m.fail("ENOTSUPP", "invalid access to map value pointer, value_size=%d off=%d", info.valueSize, off)
	case off >= info.valueSize:
		m.fail("EINVAL", "invalid access to map value pointer, value_size=%d off=%d", info.valueSize, off)
	default:
		return true
	}
	return false
}
