package absint

import (
	"fmt"
	"math"

	"github.com/bpflint/bpflint/internal/linux"
)

// argName is how messages about kfuncs call the i-th argument.
func (m *machine) argName(i int) string {
	if m.rules.kfuncs.regs {
		return fmt.Sprintf("R%d", i+1)
	}
	return fmt.Sprintf("arg#%d", i)
}

// argPosition is how messages about objects on the stack call it.
func (m *machine) argPosition(i int) string {
	if m.rules.kfuncs.regs {
		return fmt.Sprintf("R%d", i+1)
	}
	return fmt.Sprintf("arg #%d", i)
}

// kfuncArgs checks the registers of a call against the function's parameters.
func (m *machine) kfuncArgs(c *kfuncCall) bool {
	for i := 0; i < len(c.args); i++ {
		a := &c.args[i]
		switch a.kind {
		case kargIgnored:
			continue
		case kargUnsupported:
			m.fail("EINVAL", "Unrecognized %s type %s", m.argName(i), a.class)
			return false
		case kargScalar, kargConst, kargRdonlySize, kargRdwrSize:
			if !m.kfuncScalar(c, a, i) {
				return false
			}
			continue
		}
		skip, ok := m.kfuncPointer(c, a, i)
		if !ok {
			return false
		}
		if skip {
			i++
		}
	}
	if c.has(linux.KfuncRelease) && c.released == 0 && !m.rules.kfuncs.regs {
		m.fail("EINVAL", "release kernel function %s expects refcounted PTR_TO_BTF_ID", c.name)
		return false
	}
	return true
}

func (m *machine) kfuncScalar(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	if v.kind != kindScalar {
		m.fail("EINVAL", "R%d is not a scalar", r)
		return false
	}
	switch a.kind {
	case kargConst:
		return m.kfuncConstant(c, r)
	case kargRdonlySize, kargRdwrSize:
		c.readOnly = c.readOnly || a.kind == kargRdonlySize
		switch {
		case c.memSize != 0:
			m.fail("EINVAL", "2 or more rdonly/rdwr_buf_size parameters for kfunc")
			return false
		case !v.num.IsConst():
			m.fail("EINVAL", "R%d is not a const", r)
			return false
		case v.num.Tnum.Value > math.MaxUint32:
			m.fail("EINVAL", "R%d rdonly/rdwr_buf_size exceeds u32 max", r)
			return false
		}
		c.memSize = v.num.Tnum.Value
		m.needReg(r)
	}
	return true
}

// kfuncConstant takes the known number that a register has to hold.
func (m *machine) kfuncConstant(c *kfuncCall, r uint8) bool {
	v := m.reg(r)
	if !v.num.IsConst() {
		m.fail("EINVAL", "R%d must be a known constant", r)
		return false
	}
	c.known, c.constant = true, v.num.Tnum.Value
	m.needReg(r)
	return true
}

// wantsTrusted reports whether pointers that are passed must be trusted.
func (m *machine) wantsTrusted(c *kfuncCall) bool {
	if !m.rules.trust { // only functions of modules do
		return c.has(linux.KfuncTrustedArgs)
	}
	return m.rules.kfuncs.trusted || c.flags&(linux.KfuncTrustedArgs|linux.KfuncRelease|linux.KfuncRCU) != 0
}

// kfuncPointer checks a pointer. It returns skip when the next argument was
// looked at together with it.
func (m *machine) kfuncPointer(c *kfuncCall, a *kfuncArg, i int) (skip, ok bool) {
	r := uint8(i + 1)
	v := m.reg(r)
	if m.wantsTrusted(c) && (v.isNull() || v.mayNull()) && a.suffix != linux.SuffixNullable {
		if m.rules.kfuncs.regs {
			m.fail("EACCES", "Possibly NULL pointer passed to trusted R%d", r)
		} else {
			m.fail("EACCES", "Possibly NULL pointer passed to trusted arg%d", i)
		}
		return false, false
	}
	if !m.kfuncResource(c, a, r) {
		return false, false
	}
	sized := a.sized && i+1 < argRegs && m.reg(r+1).kind == kindScalar
	if a.suffix == linux.SuffixNullable && v.isNull() && a.kind != kargCtx && !(sized && m.rules.kfuncs.regs) {
		return false, true
	}
	kind := a.kind
	if kind == kargMap || kind == kargAlloc || kind == kargPointer && m.passesForObject(v) {
		return false, m.kfuncObject(c, a, i)
	}
	if kind == kargPointer && !a.isFunc && !a.memory && !(sized && a.void) {
		void := ""
		if sized {
			void = "void, "
		}
		m.fail("EINVAL", "%s pointer type %s %s must point to %sscalar, or struct with scalar", m.argName(i), a.class, a.typeName, void)
		return false, false
	}
	if kind == kargRefcounted && v.kind == kindBTF && m.rules.kfuncs.countsWhole && !m.unmoved(r, v, false) || !m.argumentOffset(m.kfuncOffsets(c, v, r), r) {
		return false, false
	}
	switch kind {
	case kargCtx:
		if v.kind != kindCtx {
			m.fail("EINVAL", "%s expected pointer to ctx, but got %s", m.argName(i), v.name())
			return false, false
		}
		return false, true
	case kargListHead, kargRBRoot:
		return false, m.kfuncGraphRoot(c, a, i)
	case kargListNode, kargRBNode:
		return false, m.kfuncGraphNode(c, a, i)
	case kargRefcounted:
		return false, m.kfuncCounted(c, i)
	case kargDynptr:
		return false, m.kfuncDynptr(c, a, i)
	case kargResLock:
		return false, m.kfuncLock(c, i)
	case kargIRQFlag:
		return false, m.kfuncIRQFlag(c, i)
	case kargIter:
		return false, m.kfuncIterator(c, a, i)
	case kargWorkqueue, kargTimer, kargTaskWork:
		return false, m.kfuncField(c, a, i)
	case kargString:
		if v.kind != kindMapValue || v.flags != 0 {
			m.fail("EINVAL", "%s doesn't point to a const string", m.argName(i))
			return false, false
		}
		return false, m.argumentString(r)
	}
	switch {
	case a.isFunc:
		return false, m.kfuncFunction(c, i)
	case sized:
		return true, m.kfuncSizedMemory(c, a, i)
	}
	return false, m.kfuncMemory(a, i)
}

// passesForObject reports whether a kfunc takes a pointer for one to an object of
// the kernel. Once one that may be null did not.
func (m *machine) passesForObject(v *value) bool {
	return (v.kind == kindBTF || standsForObject(v.kind)) && (m.rules.trust || v.flags == 0)
}

// kfuncResource notes the resource of a pointer.
func (m *machine) kfuncResource(c *kfuncCall, a *kfuncArg, r uint8) bool {
	v := m.reg(r)
	releases := c.has(linux.KfuncRelease)
	if m.rules.kfuncs.regs {
		if releases && r == 1 {
			if v.ref == 0 && !v.isNull() && a.kind != kargDynptr {
				m.fail("EINVAL", "release kfunc %s expects referenced PTR_TO_BTF_ID passed to R%d", c.name, r)
				return false
			}
			c.released = r
		}
	} else if releases && v.ref != 0 {
		c.released = r
	}
	if v.ref == 0 {
		return true
	}
	c.refs++
	if c.refs > 1 && releases && !m.rules.kfuncs.regs {
		m.unsupported("call with two referenced arguments") // the kernel takes it for a bug of its own
		return false
	}
	c.ref = v.ref
	return true
}

var (
	anyOffset   linux.Arg
	releasedArg = linux.Arg{Flags: linux.ArgRelease}
)

// kfuncOffsets tells argumentOffset whether a pointer may have been moved.
func (m *machine) kfuncOffsets(c *kfuncCall, v *value, r uint8) *linux.Arg {
	if c.released == r && v.ref != 0 {
		return &releasedArg
	}
	return &anyOffset
}

// kfuncMemory checks memory whose size is that of its type. The kernel takes it
// for both read and written.
func (m *machine) kfuncMemory(a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	v := m.reg(r)
	if !a.hasSize {
		m.fail("EINVAL", "%s reference type('%s %s') size cannot be determined: %d", m.argName(i), a.class, a.typeName, -22)
		return false
	}
	if v.isNull() {
		return true
	}
	return m.asNotNull(r, func() bool {
		size := int32(a.size)
		return m.helperMemory(nil, r, size, false, true) && m.helperMemory(nil, r, size, true, true)
	})
}

// asNotNull runs a check on a pointer that may be null as if it were not.
func (m *machine) asNotNull(r uint8, check func() bool) bool {
	v := m.reg(r)
	if !v.mayNull() {
		return check()
	}
	saved := *v
	m.setNotNull(v)
	ok := check()
	*m.reg(r) = saved
	return ok
}

// kfuncSizedMemory checks memory whose size is the next argument.
func (m *machine) kfuncSizedMemory(c *kfuncCall, a *kfuncArg, i int) bool {
	r := uint8(i + 1)
	optional := a.suffix == linux.SuffixOptional || m.rules.kfuncs.regs && a.suffix == linux.SuffixNullable
	if !(m.reg(r).isNull() && optional) {
		ok := m.asNotNull(r, func() bool {
			return m.argumentSize(&helperCall{}, &anyOffset, r+1, true) && m.argumentSize(&helperCall{}, &writtenArg, r+1, true)
		})
		if !ok {
			if m.rules.kfuncs.regs {
				m.say("R%d and R%d memory, len pair leads to invalid memory access", r, r+1)
			} else {
				m.say("arg#%d arg#%d memory, len pair leads to invalid memory access", i, i+1)
			}
			return false
		}
	}
	if c.args[i+1].suffix == linux.SuffixConstSize {
		return m.kfuncConstant(c, r+1)
	}
	return true
}

var writtenArg = linux.Arg{Flags: linux.ArgWrite}
