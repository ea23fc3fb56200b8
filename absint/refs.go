package absint

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// acquire notes that a resource is held from the present instruction on. It
// returns the resource's id, 0 when there are too many.
func (m *machine) acquire() uint32 { return m.acquireFrom(0) }

// acquireFrom is acquire for a resource that is derived from another, which has
// to be held longer.
func (m *machine) acquireFrom(parent uint32) uint32 {
	id := m.newID()
	if !m.rules.derivedRefs {
		parent = 0
	}
	if !m.hold(resource{kind: refPointer, id: id, parent: parent, mapi: -1}) {
		return 0
	}
	return id
}

// hold adds a resource to those that are held.
func (m *machine) hold(r resource) bool {
	s := &m.cur
	if int(s.nrefs) == len(s.refs) {
		m.unsupported(fmt.Sprintf("more than %d resources held at once", maxRefs))
		return false
	}
	r.insn = m.here()
	if m.top.role == roleSync {
		r.depth = s.depth
	}
	s.refs[s.nrefs] = r
	s.nrefs++
	return true
}

// releaseIn forgets a resource, and reports whether it was held. Where resources
// are owned, a callback can only release what it acquired itself.
func (m *machine) releaseIn(s *state, id uint32, owned bool) bool {
	for i := int32(0); i < s.nrefs; i++ {
		if s.refs[i].kind == refPointer && s.refs[i].id == id {
			if owned && s.top().role == roleSync && s.refs[i].depth != s.depth {
				return false
			}
			m.dropRef(s, i)
			return true
		}
	}
	return false
}

// dropRef removes a resource. The others stay in the order in which they were
// acquired, or the last one takes its place.
func (m *machine) dropRef(s *state, i int32) {
	s.nrefs--
	if m.rules.orderedRefs {
		copy(s.refs[i:s.nrefs], s.refs[i+1:])
	} else {
		s.refs[i] = s.refs[s.nrefs]
	}
	s.refs[s.nrefs] = resource{}
}

// giveBack releases a resource and voids all pointers to it.
func (m *machine) giveBack(id uint32) bool {
	if !m.releaseIn(&m.cur, id, m.rules.callbacks.owned) {
		return false
	}
	m.eachValue(&m.cur, func(v *value) bool { return v.ref == id }, m.invalidate)
	return true
}

// isHeld reports whether a resource has not been given back.
func (m *machine) isHeld(id uint32) bool {
	for _, h := range m.cur.refs[:m.cur.nrefs] {
		if h.id == id {
			return true
		}
	}
	return false
}

// orphans reports whether a resource is held that is derived from one that is
// about to be given back.
func (m *machine) orphans(id uint32) bool {
	for _, h := range m.cur.refs[:m.cur.nrefs] {
		if h.parent != 0 && h.parent == id {
			m.fail("EINVAL", "Leaking reference id=%d alloc_insn=%d. Release it first.", h.id, h.insn)
			return true
		}
	}
	return false
}

// invalidate takes a pointer away. Who may look at pointers keeps a number,
// the others nothing.
func (m *machine) invalidate(v *value) {
	if m.rules.ptrLeaks {
		*v = unknown()
	} else {
		*v = none
	}
}

// voidPackets takes all packet pointers away after the packet may have moved.
func (m *machine) voidPackets() {
	m.eachValue(&m.cur, func(v *value) bool {
		return v.kind.isAnyPacket() || v.kind == kindMem && v.flags&flagSlice != 0
	}, m.invalidate)
}

// What leaves the program besides exit.
const (
	byTailCall   = "tail_call"
	byPacketLoad = "BPF_LD_[ABS|IND]"
)

// oldLeaks are the messages about lost resources before they were made alike.
var oldLeaks = map[string]string{
	byTailCall:   "tail_call would lead to reference leak",
	byPacketLoad: "BPF_LD_[ABS|IND] cannot be mixed with socket references",
}

// nothingHeld checks that no resource is lost when the program is left by what.
func (m *machine) nothingHeld(what string) bool {
	if m.rules.mergedLeaks {
		if m.cur.locks > 0 {
			m.fail("EINVAL", "%s cannot be used inside bpf_spin_lock-ed region", what)
			return false
		}
		if m.leaksRefs() {
			m.fail("EINVAL", "%s would lead to reference leak", what)
			return false
		}
		return m.inNoSection(what)
	}
	if m.leaksRefs() {
		m.fail("EINVAL", "%s", oldLeaks[what])
		return false
	}
	if m.cur.locks > 0 {
		m.fail("EINVAL", "%s cannot be used inside bpf_spin_lock-ed region", what)
		return false
	}
	return m.inNoSection(what)
}

// leaksRefs says which resources are still held. Those of a caller are its own
// affair, and so are those of the path that called a callback.
func (m *machine) leaksRefs() bool {
	inCallback := m.top.role == roleSync && m.rules.callbacks.owned
	if m.cur.depth > 0 && !inCallback {
		return false
	}
	return m.sayRefs(inCallback, m.handedBack())
}

// handedBack returns the resource that a member of a struct_ops hands to the
// kernel, or may be about to: what R0 holds. 0 is none.
func (m *machine) handedBack() uint32 {
	if m.prog.Type != ebpf.StructOps || !m.prog.Target.Kernel.Has(linux.TypedRefArgs) {
		return 0
	}
	return m.reg(0).ref
}

// sayRefs says which resources but one are held, with inFrame only those that
// the topmost frame took, and reports whether any is.
func (m *machine) sayRefs(inFrame bool, but uint32) bool {
	leak := false
	for i := range m.cur.refs[:m.cur.nrefs] {
		r := &m.cur.refs[i]
		if r.kind == refPointer && (!inFrame || r.depth == m.cur.depth) && r.id != but {
			m.say("Unreleased reference id=%d alloc_insn=%d", r.id, r.insn)
			leak = true
		}
	}
	return leak
}
