package gen

import (
	"strings"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// iterate goes round a loop over an iterator.
func (m *maker) iterate() {
	if m.depth > 2 {
		return
	}
	fresh := m.randomKfunc(func(f *kfunc) bool { return f.row.Has(linux.KfuncIterNew) })
	if fresh == nil {
		fresh = m.world.byName["bpf_iter_num_new"]
	}
	if fresh == nil || len(fresh.params) == 0 || !m.allowed(fresh) {
		return
	}
	base := strings.TrimSuffix(fresh.name, "new")
	next, destroy := m.world.byName[base+"next"], m.world.byName[base+"destroy"]
	if next == nil || destroy == nil {
		return
	}
	section := fresh.row.Has(linux.KfuncRCUProtected) && m.rcu == 0 && (m.sleeps() && !m.one(12) || m.one(4))
	if section {
		m.enterRCU()
	}
	it := m.reserve(int32(fresh.params[0].size))
	m.live = append(m.live, stackObject{liveOther, it})
	m.stackAddress(1, it)
	for i := range fresh.params[1:] {
		m.passParam(uint8(i+2), &fresh.params[i+1], 8)
	}
	m.callKfunc(fresh)
	m.iterateOver(it, next)
	m.live = m.live[:len(m.live)-1]
	if !m.one(60) {
		m.stackAddress(1, it)
		m.callKfunc(destroy)
		m.regs[0] = none
	}
	if section {
		m.leaveRCU()
	}
}

// iterateOver is the loop itself.
func (m *maker) iterateOver(it int32, next *kfunc) {
	m.held++
	before := m.regs
	start := len(m.insns)
	m.stackAddress(1, it)
	m.callKfunc(next)
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	r, ok := m.saved()
	if ok {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
		m.set(r, slot)
		if next.ret != 0 {
			m.setObject(r, object, next.ret)
		}
	}
	m.depth += 2
	m.block(m.IntN(4))
	m.depth -= 2
	back := m.emit(cfg.ClassJMP|cfg.JmpJA, 0, 0, 0, 0)
	m.insns[back].Off = int16(start - back - 1)
	m.land(at)
	m.forgetChanged(&before)
	m.held--
}

// section opens an RCU section or one without preemption or interrupts, and
// closes it again.
func (m *maker) section() {
	if !m.permits("bpf_rcu_read_lock") {
		return
	}
	switch m.IntN(5) {
	case 0:
		m.kfuncCall("bpf_preempt_disable")
		m.within()
		if !m.one(50) {
			m.kfuncCall("bpf_preempt_enable")
		}
	case 1:
		off := m.reserve(8)
		m.live = append(m.live, stackObject{liveOther, off})
		m.stackAddress(1, off)
		m.kfuncCall("bpf_local_irq_save")
		m.within()
		m.live = m.live[:len(m.live)-1]
		if !m.one(50) {
			m.stackAddress(1, off)
			m.kfuncCall("bpf_local_irq_restore")
		}
	default:
		if m.rcu > 0 && !m.one(10) {
			return
		}
		m.enterRCU()
		m.within()
		if !m.one(50) {
			m.leaveRCU()
		}
	}
}

func (m *maker) enterRCU() {
	m.kfuncCall("bpf_rcu_read_lock")
	m.rcu++
}

func (m *maker) leaveRCU() {
	m.kfuncCall("bpf_rcu_read_unlock")
	m.rcu--
}

// within is the inside of a section.
func (m *maker) within() {
	m.held++
	m.depth++
	if m.depth < 5 {
		m.block(1 + m.IntN(4))
	}
	m.depth--
	m.held--
}
