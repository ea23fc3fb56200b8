package gen

import "github.com/bpflint/bpflint/cfg"

// resLockAt is where the values of the map have their lock.
const resLockAt = 8

// resLock takes a lock that can fail to be taken, perhaps with interrupts off,
// and gives it back.
func (m *maker) resLock() {
	if !m.locks() || m.depth > 3 || !m.permits("bpf_res_spin_lock") {
		return
	}
	m.withElement(mapResLocks, func(v uint8) {
		saves, off := m.one(3), int32(0)
		if saves {
			off = m.reserve(8)
			m.live = append(m.live, stackObject{liveOther, off})
		}
		m.resLockCall(takeResLock, v, saves, off)
		at := -1
		if !m.one(40) {
			at = m.emit(cfg.ClassJMP|cfg.JmpJNE, 0, 0, 0, 0)
		}
		m.insideResLock()
		if !m.one(50) {
			if m.one(60) {
				saves = !saves
			}
			m.resLockCall(giveResLock, v, saves, off)
		}
		if at >= 0 {
			m.land(at)
		}
		if off != 0 {
			m.live = m.live[:len(m.live)-1]
		}
	})
}

// Kfuncs that take a lock and give it back: plainly, and with interrupts off.
var (
	takeResLock = [2]string{"bpf_res_spin_lock", "bpf_res_spin_lock_irqsave"}
	giveResLock = [2]string{"bpf_res_spin_unlock", "bpf_res_spin_unlock_irqrestore"}
)

func (m *maker) resLockCall(kfuncs [2]string, v uint8, saves bool, off int32) {
	m.fieldAddress(1, v, resLockAt)
	if !saves {
		m.kfuncCall(kfuncs[0])
		return
	}
	m.stackAddress(2, off)
	m.kfuncCall(kfuncs[1])
}

// insideResLock is what happens while the lock is held: little, mostly.
func (m *maker) insideResLock() {
	before := m.regs
	m.held++
	m.depth++
	switch m.IntN(4) {
	case 0:
		m.resLock()
	case 1:
		m.block(1 + m.IntN(2))
	default:
		for range m.IntN(3) {
			m.alu()
		}
	}
	m.depth--
	m.held--
	m.forgetChanged(&before)
}

// taskWork has a function called in a task.
func (m *maker) taskWork() {
	name := []string{"bpf_task_work_schedule_signal", "bpf_task_work_schedule_resume"}[m.IntN(2)]
	if m.world.byName[name] == nil {
		name += "_impl"
	}
	if !m.permits(name) || !m.hasObjectNamed("task_struct") && !m.one(20) {
		return
	}
	m.withElement(mapTaskWorks, func(v uint8) {
		want := wanted{typ: typeFollowed}
		want.regs[3] = value
		m.passObjectNamed(1, "task_struct")
		m.fieldAddress(2, v, 0)
		m.loadMap(3, mapTaskWorks)
		m.address(4, &want)
		m.constantTo(5, 0)
		m.kfuncCall(name)
	})
}
