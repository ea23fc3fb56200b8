package absint

import "github.com/bpflint/bpflint/internal/linux"

// sections counts the nested parts of a path in which not everything is
// allowed. Spin locks are counted in state.locks.
type sections struct {
	rcu     int32  // RCU read sections
	preempt int32  // sections without preemption
	irq     uint32 // resource of the innermost saved interrupt flags, 0 for none
}

// inRCU reports whether objects that RCU protects stay valid.
func (m *machine) inRCU() bool {
	return m.cur.sections.rcu > 0 || m.cur.locks > 0 || !m.sleepable()
}

// noSleep names the section of the path that forbids sleeping, "" for none.
func (m *machine) noSleep() string {
	s := &m.cur.sections
	switch {
	case s.rcu > 0:
		return "rcu_read_lock region"
	case s.preempt > 0:
		return "non-preemptible region"
	case s.irq != 0:
		return "IRQ-disabled region"
	case m.cur.locks > 0 && m.rules.mergedSleep:
		return "lock region"
	}
	return ""
}

// helperMaySleep checks that a helper which may sleep is called where that is
// allowed.
func (m *machine) helperMaySleep(h *linux.Helper) bool {
	where := m.noSleep()
	switch {
	case !m.sleepable() && !m.rules.mergedSleep:
		m.fail("EINVAL", "helper call might sleep in a non-sleepable prog")
	case where != "":
		m.fail("EINVAL", "sleepable helper %s#%d in %s", h.Name, h.ID, where)
	case !m.sleepable():
		m.fail("EINVAL", "sleepable helper %s#%d in non-sleepable prog", h.Name, h.ID)
	default:
		return true
	}
	return false
}

// inNoSection checks that what, which leaves the program, happens outside of
// all sections but locked ones.
func (m *machine) inNoSection(what string) bool {
	if section := m.cur.openSection(); section != "" {
		m.fail("EINVAL", "%s cannot be used inside %s-ed region", what, section)
		return false
	}
	return true
}

func (s *state) openSection() string {
	switch {
	case s.sections.irq != 0:
		return "bpf_local_irq_save"
	case s.sections.rcu > 0:
		return "bpf_rcu_read_lock"
	case s.sections.preempt > 0:
		return "bpf_preempt_disable"
	}
	return ""
}

// sectionsClosed checks that no section is open at exit, in the words of
// kernels that have a message for each.
func (m *machine) sectionsClosed() bool {
	s := &m.cur.sections
	switch {
	case s.rcu > 0:
		m.fail("EINVAL", "bpf_rcu_read_unlock is missing")
	case s.preempt == 1:
		m.fail("EINVAL", "1 bpf_preempt_enable is missing")
	case s.preempt > 1:
		m.fail("EINVAL", "%d bpf_preempt_enable(s) are missing", s.preempt)
	default:
		return true
	}
	return false
}

// coversSections wants the same sections open in both states.
func (m *machine) coversSections(old, cur *sections) bool {
	return old.rcu == cur.rcu && old.preempt == cur.preempt && m.pairs.match(old.irq, cur.irq)
}
