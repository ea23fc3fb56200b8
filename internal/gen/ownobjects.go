package gen

import (
	"github.com/bpflint/bpflint/cfg"
)

// localNumbers are the offsets of the numbers in localTypes.
var localNumbers = [][]int16{
	localPlain: {0, 8}, localCounted: {0, 16}, localOwner: {0}, localLinked: {24}, localTreed: {0}, localShared: {64},
	localNest: {48}, localHolder: {88}, localResHolder: {88},
}

// ownObject makes an object of the program, uses it and drops it or puts it
// into a map.
func (m *maker) ownObject() {
	r, ok := m.saved()
	if !ok {
		return
	}
	index, percpu := m.IntN(numLocals), m.one(6)
	switch {
	case percpu && !m.one(6):
		index = localPlain
	case index >= localLinked && !m.one(3):
		index = m.IntN(localLinked)
	case m.one(40):
		index = len(localTypes) - 1
	}
	name, drop := "bpf_obj_new_impl", "bpf_obj_drop_impl"
	if percpu {
		name, drop = "bpf_percpu_obj_new_impl", "bpf_percpu_obj_drop_impl"
	}
	if !m.permits(name) {
		return
	}
	m.newOwn(r, index, name)
	m.holdWhile(r, true, func() {
		for range m.IntN(3) {
			m.useOwn(r, index, percpu)
		}
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
		m.constantTo(2, 0)
		m.kfuncCall(drop)
		if m.one(20) {
			m.access(r, 0, cfg.SizeDW)
		}
	})
}

// newOwn has a kfunc make an object of the type with an index in localTypes. It
// may be null.
func (m *maker) newOwn(r uint8, index int, kfunc string) {
	m.constantTo(1, int32(m.world.locals[index]))
	m.constantTo(2, 0)
	m.kfuncCall(kfunc)
	m.copyReg(r, 0)
	m.set(r, own)
}

// useOwn reads or writes an object of the program, or takes a reference to it.
func (m *maker) useOwn(r uint8, index int, percpu bool) {
	switch {
	case percpu && !m.one(20):
		return
	case percpu:
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
		m.helperCall(154)
		m.access(0, int16(8*m.IntN(2)), cfg.SizeDW)
	case m.one(4) && (index == localCounted || index == localShared || m.one(20)):
		m.countReference(r, index)
	case index == localOwner && m.one(2):
		m.exchange(r, 8*int32(1+m.IntN(2)), []string{"task_struct", "bpf_cpumask"}[m.IntN(2)])
	default:
		off := int16(4 * m.IntN(8))
		if index < numLocals && !m.one(40) {
			off = localNumbers[index][m.IntN(len(localNumbers[index]))]
		}
		m.access(r, off, cfg.SizeDW)
	}
}

// countReference takes a second reference and drops it.
func (m *maker) countReference(r uint8, index int) {
	if !m.permits("bpf_refcount_acquire_impl") {
		return
	}
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, 1, r, 0, 0)
	m.constantTo(2, 0)
	m.kfuncCall("bpf_refcount_acquire_impl")
	second, ok := m.saved()
	if !ok || second == r {
		return
	}
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, second, 0, 0, 0)
	m.set(second, own)
	m.holdWhile(second, m.one(4), func() { m.dropOwn(second, 0) })
}

// kptrFields are the pointers in the values of mapObjects.
var kptrFields = []struct {
	off  int16
	name string // of the kernel's struct
	own  int    // or the index of the program's
}{
	{0, "task_struct", 0}, {8, "bpf_cpumask", 0}, {16, "cgroup", 0}, {24, "task_struct", 0},
	{32, "", localPlain}, {48, "", localCounted}, {56, "", localLinked}, {64, "", localShared},
}

// kptr uses a pointer that a map's value holds.
func (m *maker) kptr() {
	m.withElement(mapObjects+int32(m.IntN(2)), func(v uint8) {
		for range 1 + m.IntN(2) {
			f := kptrFields[m.IntN(len(kptrFields))]
			if f.name == "" && !m.one(3) {
				f = kptrFields[m.IntN(4)]
			}
			switch m.IntN(5) {
			case 0:
				m.exchange(v, int32(f.off), f.name)
			case 1:
				m.storeKptr(v, f.off)
			case 2:
				m.access(v, 40, m.size())
			default:
				section := m.rcu == 0 && m.sleeps() && !m.one(4)
				if section {
					m.enterRCU()
				}
				dst, ok := m.readKptr(v, f.off, f.name)
				if ok && f.name == "" {
					m.useOwnKptr(dst, f.own)
				}
				if section {
					m.leaveRCU()
				}
				if ok && f.name == "" && m.one(12) {
					m.access(dst, localNumbers[f.own][0], cfg.SizeDW)
				}
			}
		}
	})
}

// useOwnKptr looks at an object of the program that a map holds.
func (m *maker) useOwnKptr(r uint8, index int) {
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, r, 0, 0, 0)
	switch {
	case m.one(2) && (index == localCounted || index == localShared || m.one(10)):
		m.countReference(r, index)
	case m.one(8):
		m.dropOwn(r, 0)
	default:
		m.access(r, localNumbers[index][0], cfg.SizeDW)
	}
	m.land(at)
}

// readKptr loads a pointer and looks at the object.
func (m *maker) readKptr(v uint8, off int16, name string) (dst uint8, ok bool) {
	dst = m.dst()
	if saved, ok := m.saved(); ok && name == "" {
		dst = saved
	}
	if dst == v || dst == 10 {
		return dst, false
	}
	m.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeDW, dst, v, off, 0)
	if name == "" {
		m.set(dst, own)
		return dst, true
	}
	m.setObject(dst, objectMaybe, m.world.structID(name))
	if m.one(8) {
		return dst, true
	}
	at := m.emit(cfg.ClassJMP|cfg.JmpJEQ, dst, 0, 0, 0)
	m.set(dst, object)
	m.readObject()
	m.skip(at)
	return dst, true
}

// storeKptr writes a pointer without the helper for it.
func (m *maker) storeKptr(v uint8, off int16) {
	if !m.one(10) {
		off = 24
	}
	if m.one(3) {
		m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, v, 0, off, int32(m.IntN(20)/19))
		return
	}
	if src, ok := m.objectReg(0, object, walked, objectMaybe); ok {
		m.emit(cfg.ClassSTX|cfg.ModeMEM|cfg.SizeDW, v, src, off, 0)
	}
}

// exchange puts an object into a field of a map's value or of an own object, and
// gives back what was there.
func (m *maker) exchange(v uint8, off int32, name string) {
	of := m.world.structID(name)
	if (off == 24 || !m.mayRelease(of)) && !m.one(20) {
		return
	}
	m.fieldAddress(1, v, off)
	if m.one(3) {
		m.passObject(2, of)
	} else {
		m.constantTo(2, 0)
	}
	m.helperCall(194)
	r, ok := m.saved()
	if !ok {
		r = 0
	}
	if r != 0 {
		m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, 0, 0, 0)
	}
	m.setObject(r, objectMaybe, of)
	m.holdWhile(r, true, func() { m.giveBack(r, of) })
}
