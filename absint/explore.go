package absint

import "github.com/bpflint/bpflint/cfg/precheck"

// Limits of the exploration, the same in all kernels that are targets.
const (
	maxProcessed = 1_000_000
	maxPending   = 8192
)

// pending is a side of a fork that was not taken yet.
type pending struct {
	state state
	// kept is the length that machine.trail had: what was added later belongs
	// to paths that are finished when the state is taken up.
	kept   uint32
	walked int // the length that trace.steps had
	logged int // ... and journal.text
}

// explore walks all paths of all functions that are verified alone.
func (m *machine) explore() {
	for fn := m.firstFunction(); fn >= 0; fn = m.functionAfter(fn) {
		if !m.begin(fn) || !m.allPaths() {
			return
		}
		m.funcs[fn].proved = true
	}
	m.checkStack()
}

// allPaths walks all paths from the present state on. It reports false when the
// program is rejected.
func (m *machine) allPaths() bool {
	for {
		out := m.path()
		m.charge()
		if out == failed {
			return false
		}
		m.finish(m.cur.parent)
		m.heap.drop(&m.cur)
		if !m.resume() {
			return true
		}
	}
}

// checkStack sums up the stack that the functions were seen to use.
func (m *machine) checkStack() {
	use := make([]precheck.FuncUse, len(m.funcs))
	for i := range m.funcs {
		f := &m.funcs[i]
		f.removeSpills()
		use[i] = precheck.FuncUse{Stack: f.stack, Global: f.global, Callback: f.callback, Async: f.later}
	}
	if r := precheck.CheckStack(m.prog, use, m.isThrow); r != nil {
		m.fail(r.Errno, "%s", r.Kernel)
		return
	}
	if m.missingKfunc {
		m.fail("EINVAL", "invalid kernel function call not eliminated in verifier pass")
		return
	}
	m.checkDeadFuncs()
}

// path walks to the end of the present path.
func (m *machine) path() outcome {
	for {
		at := m.cur.insn
		m.event = 0
		m.at = int(at)
		m.processed++
		if m.processed > maxProcessed {
			m.at = int(m.cur.prev) // this one is not executed any more
			return m.fail("E2BIG", "BPF program is too large. Processed %d insn", m.processed)
		}
		if m.processed&0xfff == 0 {
			if m.err = m.opts.Context.Err(); m.err != nil {
				return failed
			}
		}
		in := &m.insns[at]
		in.marks |= markSeen
		if in.marks&markJoin != 0 {
			if out := m.join(at); out != next {
				if out == ended && m.journal.on {
					m.logSafe(at)
				}
				return out
			}
		}
		if in.marks&markTarget != 0 {
			m.record(0, 0, 0)
		}
		if m.journal.on {
			m.logInsn(at)
		}
		if in.marks&markObserve != 0 {
			m.observe(at)
		}
		switch m.execute(in, at) {
		case next:
			m.cur.prev = at
			m.cur.insn = at + int32(in.size)
		case jumped:
			m.cur.prev = at
		case ended:
			if m.journal.on {
				m.logEnd()
			}
			return ended
		case failed:
			return failed
		}
	}
}

// execute executes one instruction.
func (m *machine) execute(in *instr, at int32) outcome {
	if m.blocked(at) {
		return ended
	}
	var out outcome
	if in.bad != "" && in.op != opBranch {
		out = m.fail("EINVAL", "%s", in.bad)
	} else {
		out = steps[in.op](m, in)
	}
	if m.cur.speculative {
		out = m.settle(at, out)
	}
	return out
}

// fork queues a copy of the present state that is to go on at a slot. The copy
// may be changed until the next fork.
func (m *machine) fork(at int32) *state {
	if len(m.pending) >= maxPending {
		m.fail("E2BIG", "The sequence of %d jumps is too complex.", len(m.pending)+1)
		return nil
	}
	if len(m.pending) < cap(m.pending) {
		m.pending = m.pending[:len(m.pending)+1]
	} else {
		m.pending = append(m.pending, pending{})
	}
	p := &m.pending[len(m.pending)-1]
	m.heap.clone(&p.state, &m.cur)
	p.kept, p.walked, p.logged = uint32(len(m.trail)), len(m.trace.steps), len(m.journal.text)
	p.state.prev, p.state.insn = m.cur.insn, at
	if p.state.parent != nil {
		p.state.parent.open++
	}
	return &p.state
}

// resume takes up the newest queued state. It reports false when none is left.
func (m *machine) resume() bool {
	n := len(m.pending) - 1
	if n < 0 {
		return false
	}
	p := &m.pending[n]
	m.cur = p.state
	m.top = m.cur.top()
	if m.loops.backEdges == 0 { // their paths are walked back again
		m.trail = m.trail[:p.kept]
	}
	m.trace.steps = m.trace.steps[:p.walked]
	m.journal.back(p.logged, p.state.prev)
	m.resumed = true
	m.pending = m.pending[:n]
	return true
}

// finish notes that one of the paths behind a remembered state has ended.
func (m *machine) finish(c *checkpoint) {
	for c != nil {
		if c.open--; c.open > 0 {
			return
		}
		m.leaveLoop(c)
		parent := c.state.parent
		if parent != nil && c.loop != nil {
			parent.joinLoop(c.loop)
		}
		if c.evicted {
			m.release(c)
		}
		c = parent
	}
}
