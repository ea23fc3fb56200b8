package absint

import "github.com/bpflint/bpflint/cfg"

const argRegs = 5

func (m *machine) stepCallLocal(in *instr) outcome {
	m.jumps++
	if !m.passesAll(in.fn) {
		return failed
	}
	if m.cur.locks > 0 && !m.rules.funcs.locked {
		return m.fail("EINVAL", "function calls are not allowed while holding a lock")
	}
	global := m.funcs[in.fn].global
	if global && m.rules.funcs.lazy {
		return m.callGlobal(in.fn)
	}
	if m.cur.depth+1 >= m.rules.frames {
		return m.fail("E2BIG", "the call stack of %d frames is too deep", m.cur.depth+2)
	}
	if global {
		return m.callGlobal(in.fn)
	}
	m.compareTypes(in.fn)
	m.charge()
	caller := m.top
	callee := m.newFrame(in.fn, m.here())
	callee.act = m.chains.call(caller.act, m.here(), in.fn)
	for r := 1; r <= argRegs; r++ {
		callee.regs[r] = caller.regs[r]
	}
	clobber(caller)
	m.cur.depth++
	callee.regs[cfg.FP].frame = uint8(m.cur.depth)
	m.cur.frames[m.cur.depth] = callee
	m.top = callee
	m.cur.insn = m.funcs[in.fn].start
	return jumped
}

// newFrame returns the frame of a function that is about to start.
func (m *machine) newFrame(fn, callsite int32) *frame {
	f := m.heap.newFrame()
	*f = frame{owners: 1, stack: m.heap.newStack(0), fn: fn, callsite: callsite}
	for r := range f.regs {
		f.regs[r] = none
	}
	f.regs[cfg.FP] = pointer(kindStack)
	return f
}

// clobber takes away the registers that a call does not preserve.
func clobber(f *frame) {
	for r := 0; r <= argRegs; r++ {
		f.regs[r] = none
	}
}

// leaveNested leaves a function that is not the outermost.
func (m *machine) leaveNested() outcome {
	if m.cur.locks > 0 && !m.rules.funcs.locked {
		return m.fail("EINVAL", "bpf_spin_unlock is missing")
	}
	if m.leaksRefs() {
		return m.failErrno("EINVAL")
	}
	m.chains.leave(m.top.act, m.top.role != roleSync) // a helper may as well not call it
	return m.leaveFunction()
}

// leaveFunction returns from a function to its caller, be that an instruction
// or a helper.
func (m *machine) leaveFunction() outcome {
	r0 := *m.reg(0)
	if r0.kind == kindStack {
		return m.fail("EINVAL", "cannot return stack pointer to the caller")
	}
	if m.top.role == roleSync {
		return m.leaveCallback()
	}
	m.logLeave()
	m.dropTop(m.top.callsite + 1)
	*m.reg(0) = r0
	m.logReturned()
	return jumped
}

// dropTop removes the topmost frame and goes on at a slot of the one below.
func (m *machine) dropTop(at int32) {
	m.charge()
	callee := m.top
	m.cur.frames[m.cur.depth] = nil
	m.cur.depth--
	m.top = m.heap.own(&m.cur, m.cur.depth)
	m.cur.insn = at
	m.heap.dropFrame(callee)
}
