package absint

import "github.com/bpflint/bpflint/internal/linux"

// kfuncSections opens and closes sections, and checks that the kfunc may be
// called in those that are open.
func (m *machine) kfuncSections(c *kfuncCall) bool {
	s := &m.cur.sections
	switch c.special {
	case kfuncRCULock:
		if s.rcu > 0 && !m.rules.kfuncs.nestedRCU {
			m.fail("EINVAL", "nested rcu read lock (kernel function %s)", c.name)
			return false
		}
		s.rcu++
		return true
	case kfuncRCUUnlock:
		return m.unlockRCU(c)
	case kfuncPreemptDisable:
		s.preempt++
		return true
	case kfuncPreemptEnable:
		if s.preempt == 0 {
			m.fail("EINVAL", "unmatched attempt to enable preemption (kernel function %s)", c.name)
			return false
		}
		s.preempt--
		return true
	}
	where := m.noSleep()
	switch {
	case c.has(linux.KfuncSleepable) && where != "":
		m.fail("EACCES", "kernel func %s is sleepable within %s", c.name, where)
	case m.rules.kfuncs.needsRCU && c.has(linux.KfuncRCUProtected) && !m.inRCU():
		m.fail("EACCES", "kernel func %s requires RCU critical section protection", c.name)
	default:
		return true
	}
	return false
}

const kfuncIter = linux.KfuncIterNew | linux.KfuncIterNext | linux.KfuncIterDestroy

// unlockRCU ends an RCU section: pointers that only the section protected are
// no longer trusted.
func (m *machine) unlockRCU(c *kfuncCall) bool {
	s := &m.cur.sections
	if s.rcu == 0 {
		m.fail("EINVAL", "unmatched rcu read unlock (kernel function %s)", c.name)
		return false
	}
	if s.rcu--; s.rcu > 0 {
		return true
	}
	m.leaveRCU()
	return true
}
