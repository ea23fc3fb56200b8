package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// storeOps is what the rows of stores call the program's kind: the struct_ops
// that it belongs to, "" for programs that may not write to kernel objects.
func (m *machine) storeOps() string {
	switch m.prog.Type {
	case ebpf.StructOps:
		return structOpsOf(m.prog.AttachTo)
	case ebpf.SchedCLS, ebpf.SchedACT:
		if m.prog.Target.Kernel.Has(linux.TypedConnections) {
			return "sched_cls"
		}
	case ebpf.XDP:
		if m.prog.Target.Kernel.Has(linux.TypedConnections) {
			return "xdp"
		}
	}
	return ""
}

// storeObject writes a field of a kernel object, which only few programs may do,
// and only to some.
func (m *machine) storeObject(a *access, p *value, off uint32) bool {
	ops := m.storeOps()
	if ops == "" || p.flags&flagUntrusted != 0 && m.rules.kfuncs.untrustedRead {
		return m.refuseStore(a, p, off, "only read is supported")
	}
	types, name := m.views.kernel, m.nameOf(p.typ())
	if _, tracked := types.Find(btf.KindFunc, "bpf_skb_ct_lookup"); m.prog.Type != ebpf.StructOps && !tracked {
		return m.refuseStore(a, p, off, "") // the module that would answer is not there
	}
	place, _ := types.PlaceOf(p.typ().id, off)
	allowed, anywhere, known := m.hook.kernel.MayStore(ops, name, types.Name(place.Holder), place.Name)
	others, beyond, told := m.hook.kernel.StoreMessages(ops)
	size, _ := types.Size(p.typ().id)
	switch {
	case !known:
		return m.refuseStore(a, p, off, others)
	case off+uint32(a.size) > size && beyond != "":
		m.say(beyond, off, a.size)
	case !allowed, !anywhere && off != place.Start:
		if told {
			m.say("no write support to %s at off %d", name, off)
		}
	case off+uint32(a.size) > place.End:
		m.say("write access at off %d with size %d beyond the member of %s ended at %d", off, a.size, name, place.End)
	default:
		return true
	}
	return m.refuseStore(a, p, off, "")
}

// refuseStore says that an object is not for the program to write.
func (m *machine) refuseStore(a *access, p *value, off uint32, why string) bool {
	if why != "" {
		m.say("%s", why)
	}
	m.failErrno("EACCES")
	if m.storeOps() != "" && p.flags&flagUntrusted == 0 && m.prog.Target.Kernel.Has(linux.TypedArgNames) {
		m.say("R%d cannot write into ptr_%s at off=%d size=%d", a.reg, m.nameOf(p.typ()), off, a.size)
	}
	return false
}
