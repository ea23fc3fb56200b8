package gen

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// stackObject is an object of the kernel on the stack.
type stackObject struct {
	kind liveKind
	off  int32
}

type liveKind uint8

const (
	liveDynptr liveKind = iota
	liveRecord          // a dynptr of a ring buffer
	liveOther
)

// objectsBelow is the part of the stack that is left to numbers and pointers.
const objectsBelow = 72

// reserve finds room on the stack that no object has.
func (m *maker) reserve(size int32) int32 {
	size = (size + 7) &^ 7
	off := int32(-objectsBelow) - size - int32(8*m.IntN(3))
	if m.one(30) {
		m.lastReserved = off
		return off
	}
	for _, o := range m.live {
		if o.off-size < off {
			off = o.off - size
		}
	}
	m.lastReserved = off
	return off
}

func (m *maker) findLive(k liveKind) *stackObject {
	var found *stackObject
	for i := range m.live {
		if o := &m.live[i]; (o.kind == k || k == liveDynptr && o.kind == liveRecord) && (found == nil || m.one(2)) {
			found = o
		}
	}
	return found
}

// passDynptr passes a dynptr of the stack, or one that the function was passed.
func (m *maker) passDynptr(r uint8) {
	if _, ok := m.objectReg(0, dynptrArg); ok && m.one(2) {
		m.copyTo(r, dynptrArg)
		return
	}
	if o := m.findLive(liveDynptr); o != nil && !m.one(40) {
		m.stackAddress(r, o.off)
		return
	}
	m.stackAddress(r, -objectsBelow-16)
}

func (m *maker) hasDynptr() bool {
	_, passed := m.objectReg(0, dynptrArg)
	return passed || m.findLive(liveDynptr) != nil
}

func (m *maker) passDynptrFor(r uint8, p *kparam) {
	if p.suffix == linux.SuffixUninit {
		m.stackAddress(r, m.reserve(16))
		return
	}
	m.passDynptr(r)
}

// dynptr makes a dynptr and uses it.
func (m *maker) dynptr() {
	mark := len(m.live)
	switch m.IntN(4) {
	case 0:
		m.recordDynptr()
		return
	case 1:
		if !m.contextDynptr() {
			return
		}
	default:
		if !m.has(value) || !m.mayCall(197) {
			return
		}
		m.copyTo(1, value)
		m.constantTo(2, []int32{8, 16, 24, 48, m.imm()}[m.IntN(5)])
		m.constantTo(3, int32(m.IntN(40)/39))
		off := m.reserve(16)
		m.stackAddress(4, off)
		m.helperCall(197)
		m.live = append(m.live, stackObject{liveDynptr, off})
	}
	for range 1 + m.IntN(3) {
		m.useDynptr()
	}
	if m.one(2) {
		m.live = m.live[:mark]
	}
}

// contextDynptr makes a dynptr of the packet.
func (m *maker) contextDynptr() bool {
	name := "bpf_dynptr_from_skb"
	switch {
	case m.typ == ebpf.XDP:
		name = "bpf_dynptr_from_xdp"
	case m.one(8):
		name = "bpf_dynptr_from_skb_meta"
	}
	f := m.world.byName[name]
	if f == nil || !m.allowed(f) || !m.canPass(f) {
		return false
	}
	m.copyTo(1, ctx)
	m.constantTo(2, int32(m.IntN(30)/29))
	off := m.reserve(16)
	m.stackAddress(3, off)
	m.callKfunc(f)
	m.live = append(m.live, stackObject{liveDynptr, off})
	return true
}

// recordDynptr reserves a record of the ring buffer and submits it.
func (m *maker) recordDynptr() {
	if !m.mayCall(198) {
		return
	}
	m.loadMap(1, mapRingbuf)
	m.constantTo(2, int32(8*m.IntN(5)))
	m.constantTo(3, 0)
	off := m.reserve(16)
	m.stackAddress(4, off)
	m.helperCall(198)
	m.live = append(m.live, stackObject{liveRecord, off})
	m.held++
	for range m.IntN(3) {
		m.useDynptr()
	}
	m.depth++
	if m.depth < 4 {
		m.block(m.IntN(2))
	}
	m.depth--
	m.held--
	m.live = m.live[:len(m.live)-1]
	if !m.one(40) {
		m.stackAddress(1, off)
		m.constantTo(2, 0)
		m.helperCall(199 + int32(m.IntN(2)))
		m.regs[0] = none
	}
}

// dynptrKfuncs work on dynptrs.
var dynptrKfuncs = []string{
	"bpf_dynptr_slice", "bpf_dynptr_slice_rdwr", "bpf_dynptr_slice", "bpf_dynptr_adjust", "bpf_dynptr_is_null",
	"bpf_dynptr_is_rdonly", "bpf_dynptr_size", "bpf_dynptr_clone", "bpf_dynptr_copy", "bpf_dynptr_memset",
}

func (m *maker) useDynptr() {
	if m.findLive(liveDynptr) == nil {
		return
	}
	switch m.IntN(8) {
	case 0:
		m.stackAddress(1, -16)
		m.constantTo(2, int32(4*m.IntN(5)))
		m.passDynptr(3)
		m.copyTo(4, number, small)
		m.constantTo(5, 0)
		m.helperCall(201)
	case 1:
		m.passDynptr(1)
		m.copyTo(2, number, small)
		m.passMemory(3)
		m.constantTo(4, int32(4*m.IntN(5)))
		m.constantTo(5, 0)
		m.helperCall(202)
	case 2, 3:
		m.passDynptr(1)
		m.constantTo(2, int32(m.IntN(9)))
		m.constantTo(3, []int32{4, 8, 16, 16, m.imm()}[m.IntN(5)])
		m.helperCall(203)
		m.memoryResult()
	default:
		f := m.world.byName[dynptrKfuncs[m.IntN(len(dynptrKfuncs))]]
		if f == nil {
			return
		}
		m.passAll(f)
		m.callKfunc(f)
		m.filled(f)
		if f.row.Has(linux.KfuncRetNull) {
			m.memoryResult()
		}
	}
}
