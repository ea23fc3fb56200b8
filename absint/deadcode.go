package absint

import "github.com/bpflint/bpflint/cfg"

// checkDeadFuncs looks for functions whose address is loaded and that no path
// enters. Linux removes them with all other dead code before it compiles the
// program, and leaves in the load what it had: the program is refused unless
// another function has come to lie there. A program that is left with one
// function is not looked at.
func (m *machine) checkDeadFuncs() {
	if !m.rules.capBPF || !m.anyDeadFunc() {
		return
	}
	var starts map[int32]bool
	for i := range m.insns {
		if !m.namesDead(i) {
			continue
		}
		if starts == nil {
			if starts = m.liveStarts(); len(starts) < 2 {
				return
			}
		}
		if at := m.leftAt(m.funcs[m.insns[i].fn].start); !starts[at] {
			m.failErrno("EFAULT")
			if m.rules.saysBugs {
				m.say("verifier bug: No program to jit at insn %d (subprog < 0)", at)
			}
			return
		}
	}
}

func (m *machine) anyDeadFunc() bool {
	for i := range m.funcs {
		if !m.reachedAt(m.funcs[i].start) {
			return true
		}
	}
	return false
}

func (m *machine) reachedAt(slot int32) bool { return m.insns[slot].marks&markSeen != 0 }

// namesDead reports whether a load that some path came to is of the address of
// a function that none did.
func (m *machine) namesDead(slot int) bool {
	in := &m.insns[slot]
	return in.op == opConst && in.Src() == cfg.ConstFunc && m.reachedAt(int32(slot)) && !m.reachedAt(m.funcs[in.fn].start)
}

// liveStarts returns where functions begin once dead code is removed. The
// kernel's own callback of exceptions stands behind all of them.
func (m *machine) liveStarts() map[int32]bool {
	starts := make(map[int32]bool)
	for i := range m.funcs {
		if start := m.funcs[i].start; m.reachedAt(start) {
			starts[m.kept(start)] = true
		}
	}
	if m.thrown {
		starts[m.kept(int32(len(m.insns)))] = true
	}
	return starts
}

// kept counts the slots before one that are not dead.
func (m *machine) kept(slot int32) int32 {
	n := int32(0)
	for i := int32(0); i < slot; {
		size := int32(m.insns[i].size)
		if m.reachedAt(i) {
			n += size
		}
		i += size
	}
	return n
}

// leftAt returns where a load of a dead slot's address points after dead code is
// removed, run by run: a run that holds the slot does not change it, runs before
// it do.
func (m *machine) leftAt(slot int32) int32 {
	removed := int32(0)
	for i := int32(0); i < int32(len(m.insns)); {
		if m.reachedAt(i) {
			i += int32(m.insns[i].size)
			continue
		}
		end := i
		for end < int32(len(m.insns)) && !m.reachedAt(end) {
			end += int32(m.insns[end].size)
		}
		if slot >= end-removed {
			slot -= end - i
		}
		removed += end - i
		i = end
	}
	return slot
}
