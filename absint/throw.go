package absint

import (
	"strings"

	"github.com/bpflint/bpflint/cfg"
)

const byThrow = "bpf_throw"

// thrower is how messages call what ends the path.
func (m *machine) thrower() string {
	if m.rules.kfuncs.throwNamed {
		return byThrow
	}
	return byExit
}

// throw ends the path with an exception: nobody will give back what is held,
// not in callers either. Without a callback of the program the argument becomes
// the program's result.
func (m *machine) throw() outcome {
	if m.exceptionCallback() != "" {
		return m.unsupported("callbacks of exceptions")
	}
	m.thrown = true
	check := m.checkResult
	if m.rules.kfuncs.throwRange && m.cur.frames[0].role != roleAsync {
		check = m.checkProgramResult
	}
	if out := check(1); out != ended {
		return out
	}
	return m.unwind()
}

// unwind checks that an exception loses nothing.
func (m *machine) unwind() outcome {
	if !m.rules.mergedLeaks {
		if !m.locksReleased() || m.sayRefs(false, 0) {
			return m.failErrno("EINVAL")
		}
		return ended
	}
	if m.cur.locks > 0 {
		return m.fail("EINVAL", "%s cannot be used inside bpf_spin_lock-ed region", m.thrower())
	}
	if m.sayRefs(false, 0) {
		return m.fail("EINVAL", "%s would lead to reference leak", m.thrower())
	}
	if !m.inNoSection(m.thrower()) {
		return failed
	}
	return ended
}

// exceptionCallback returns the function that the program names for its
// exceptions, "" when it names none.
func (m *machine) exceptionCallback() string {
	if fn := m.prog.FuncAt(0); fn != nil && fn.Type != nil && m.prog.ExtInfo {
		for _, tag := range fn.Type.Tags {
			if name, ok := strings.CutPrefix(tag, "exception_callback:"); ok {
				return name
			}
		}
	}
	return ""
}

// findExceptionCallback checks that the program has the function that it names
// for its exceptions.
func (m *machine) findExceptionCallback() bool {
	name := m.exceptionCallback()
	if name == "" || !m.rules.kfuncs.throws {
		return true
	}
	for i := range m.prog.Funcs {
		if m.prog.Funcs[i].Name == name {
			m.unsupported("callbacks of exceptions")
			return false
		}
	}
	m.fail("ENOENT", "exception callback '%s' could not be found in BTF", name)
	return false
}

// isThrow reports whether an instruction calls bpf_throw.
func (m *machine) isThrow(call cfg.Insn) bool {
	n := m.kfuncIndex(call)
	return n >= 0 && m.kfuncs[n].special == kfuncThrow
}
