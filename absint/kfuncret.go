package absint

import (
	"math"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// kfuncResult sets R0 to what a kfunc returns.
func (m *machine) kfuncResult(c *kfuncCall) bool {
	r0 := m.reg(0)
	if c.has(linux.KfuncAcquire) && c.ret.kind != kretStruct && !(c.special >= kfuncObjNew && c.special <= kfuncRefcountAcquire) {
		m.fail("EINVAL", "acquire kernel function does not return PTR_TO_BTF_ID")
		return false
	}
	switch c.ret.kind {
	case kretVoid:
		return true
	case kretScalar, kretOther:
		*r0 = unknown()
		if resLocks[c.special].take {
			*r0 = constant(0)
		}
		return true
	case kretPointer:
		if !m.returnCast(c, r0) {
			return false
		}
	case kretMemory:
		if !m.returnMemory(c, r0) {
			return false
		}
	case kretStruct:
		*r0 = typedPointer(kernelType(c.ret.typ), m.resultTrust(c))
		if c.root != nil {
			*r0 = m.returnNode(c)
		}
	}
	return m.ownKfuncResult(c, r0)
}

// resultTrust is what a typed pointer from a kfunc may be trusted with.
func (m *machine) resultTrust(c *kfuncCall) flags {
	switch {
	case c.has(linux.KfuncIterNext):
		return m.iteratorTrust(c)
	case c.special == kfuncKmemCache:
		return flagUntrusted
	case c.has(linux.KfuncRCUProtected) && m.rules.kfuncs.needsRCU:
		return flagRCU
	case m.rules.kfuncs.trusted:
		return flagTrusted
	}
	return 0
}

// iteratorTrust is what an element of an iterator may be trusted with.
func (m *machine) iteratorTrust(c *kfuncCall) flags {
	if m.iterator(c).flags&flagRCU != 0 {
		return flagRCU
	}
	return flagTrusted
}

// returnCast sets R0 to a pointer without a type, or to what a cast makes of
// one.
func (m *machine) returnCast(c *kfuncCall, r0 *value) bool {
	switch c.special {
	case kfuncObjNew, kfuncPercpuObjNew:
		return m.newObject(c, r0)
	case kfuncRefcountAcquire:
		*r0 = typedPointer(c.object, flagAlloc)
	case kfuncDynptrSlice, kfuncDynptrSliceRdwr:
		return m.returnSlice(c, r0)
	case kfuncCastToKernCtx:
		return m.castContext(r0)
	case kfuncRdonlyCast:
		return m.castReadOnly(c, r0)
	default:
		*r0 = unknown()
	}
	return true
}

// castContext makes R0 point to what the kernel has for the context.
func (m *machine) castContext(r0 *value) bool {
	if t, ok := m.findStruct(linux.ContextBehind(uint32(m.prog.Type))); ok {
		*r0 = typedPointer(t, flagTrusted)
		return true
	}
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	all, _ := types.Find(btf.KindStruct, "bpf_ctx_convert")
	for i := range types.NumMembers(all) {
		if member := types.Member(all, i); member.Name == linux.PlainContext(uint32(m.prog.Type)) {
			m.fail("EINVAL", "kern ctx type id %d is not a struct", member.Type)
			return false
		}
	}
	return m.unsupported("bpf_cast_to_kern_ctx of a context that is no struct") != failed
}

// castReadOnly makes R0 an untrusted pointer to a type of the kernel.
func (m *machine) castReadOnly(c *kfuncCall, r0 *value) bool {
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	id := btf.ID(c.constant)
	k := types.Kind(id)
	switch {
	case k.IsComposite():
		*r0 = typedPointer(kernelType(id), flagUntrusted)
		return true
	case !m.rules.kfuncs.castVoid:
		m.fail("EINVAL", "kfunc bpf_rdonly_cast type ID argument must be of a struct")
	case int(id) >= types.Len():
		m.fail("EINVAL", "Unknown type ID %d passed to kfunc bpf_rdonly_cast", int64(c.constant))
	case id == 0:
		*r0 = pointer(kindMem)
		r0.flags = flagReadOnly | flagUntrusted
		return true
	default:
		m.fail("EINVAL", "kfunc bpf_rdonly_cast type ID argument must be of a struct or void")
	}
	return false
}

// returnMemory makes R0 point to memory whose size an argument or the type
// gives.
func (m *machine) returnMemory(c *kfuncCall, r0 *value) bool {
	size := c.memSize
	if c.special == kfuncSessionCookie {
		size = 8 // which the program may write
	}
	if size == 0 {
		size = uint64(c.ret.size)
		c.readOnly = true
	}
	if size == 0 {
		m.fail("EINVAL", "kernel function %s returns pointer type %s %s is not supported", c.name, c.ret.class, c.ret.typeName)
		return false
	}
	*r0 = pointer(kindMem)
	r0.size = uint32(min(size, math.MaxUint32))
	if c.readOnly {
		r0.flags |= flagReadOnly
	}
	r0.ref = c.ref
	return c.refs < 2 || !m.rules.kfuncs.regs || m.unsupported("memory of two referenced arguments") != failed
}

// ownKfuncResult lets the result be null and tied to a resource.
func (m *machine) ownKfuncResult(c *kfuncCall, r0 *value) bool {
	if c.has(linux.KfuncRetNull) && r0.kind != kindScalar && !c.owning {
		r0.flags |= flagMaybeNull
		r0.id = m.newID()
	}
	if c.has(linux.KfuncAcquire) {
		id := m.acquire()
		if id == 0 {
			return false
		}
		r0.ref = id
		if r0.mayNull() {
			r0.id = id
		}
	}
	if r0.id == 0 && m.mayHoldLock(r0) {
		r0.id = m.newID()
	}
	return true
}
