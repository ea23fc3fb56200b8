package gen

import "github.com/bpflint/bpflint/cfg"

// Helpers that call functions of the program.
const (
	helperLookup           = 1
	helperForEach          = 164
	helperTimerInit        = 169
	helperTimerSetCallback = 170
	helperTimerStart       = 171
	helperTimerCancel      = 172
	helperFindVMA          = 180
	helperLoop             = 181
	helperDrain            = 209
)

// callLoop calls bpf_loop.
func (m *maker) callLoop() {
	if !m.mayCall(helperLoop) {
		return
	}
	want := wanted{typ: typeFollowed}
	if m.one(3) {
		m.copyTo(1, number, small)
	} else {
		m.constantTo(1, int32(m.IntN(6)))
	}
	want.regs[1], want.regs[2] = number, local
	m.address(2, &want)
	m.callbackContext(3)
	m.constantTo(4, int32(m.IntN(12)/11))
	m.helperCall(helperLoop)
}

// callEach calls bpf_for_each_map_elem.
func (m *maker) callEach() {
	if !m.mayCall(helperForEach) {
		return
	}
	want := wanted{typ: typeFollowed}
	m.loadMap(1, m.walkedMap())
	want.regs[3], want.regs[4] = value, local
	m.address(2, &want)
	m.callbackContext(3)
	m.constantTo(4, 0)
	m.helperCall(helperForEach)
}

// walkedMap returns a map whose elements can be walked, mostly.
func (m *maker) walkedMap() int32 {
	if m.one(40) {
		return m.anyMap()
	}
	return []int32{mapArray, mapHash, mapPercpu, mapObjects, mapObjectHash}[m.IntN(5)]
}

// callFind calls bpf_find_vma.
func (m *maker) callFind() {
	if !m.mayCall(helperFindVMA) || !m.has(object) {
		return
	}
	want := wanted{typ: typeFollowed}
	want.regs[1], want.of[1], want.regs[2], want.of[2], want.regs[3] = object, "task_struct", object, "vm_area_struct", local
	m.passObjectNamed(1, "task_struct")
	m.constantTo(2, m.imm())
	m.address(3, &want)
	m.callbackContext(4)
	m.constantTo(5, 0)
	m.helperCall(helperFindVMA)
}

// callDrain calls bpf_user_ringbuf_drain.
func (m *maker) callDrain() {
	if !m.mayCall(helperDrain) {
		return
	}
	want := wanted{typ: typeFollowed}
	want.regs[1], want.regs[2] = dynptrArg, local
	m.loadMap(1, mapOrders)
	m.address(2, &want)
	m.callbackContext(3)
	m.constantTo(4, int32(m.IntN(5)))
	m.helperCall(helperDrain)
}

// useTimer does something with the timer in a map's value.
func (m *maker) useTimer() {
	if m.interrupts() && !m.one(40) || !m.mayCall(helperTimerInit) {
		return
	}
	m.withElement(mapTimers, func(v uint8) {
		for range 1 + m.IntN(3) {
			m.fieldAddress(1, v, 8)
			switch m.IntN(5) {
			case 0:
				index := int32(mapTimers)
				if m.one(20) {
					index = mapArray
				}
				m.loadMap(2, index)
				m.constantTo(3, int32(m.IntN(2)))
				m.helperCall(helperTimerInit)
			case 1, 2:
				want := wanted{typ: typeFollowed}
				want.regs[3] = value
				m.address(2, &want)
				m.helperCall(helperTimerSetCallback)
			case 3:
				m.constantTo(2, m.imm())
				m.constantTo(3, int32(m.IntN(3)))
				m.helperCall(helperTimerStart)
			case 4:
				m.helperCall(helperTimerCancel)
			}
		}
	})
}

// useWork does something with the work queue in a map's value.
func (m *maker) useWork() {
	if m.interrupts() && !m.one(40) || !m.permits("bpf_wq_init") {
		return
	}
	m.withElement(mapWorks, func(v uint8) {
		for range 1 + m.IntN(3) {
			m.fieldAddress(1, v, 0)
			switch m.IntN(3) {
			case 0:
				m.loadMap(2, mapWorks)
				m.constantTo(3, 0)
				m.kfuncCall("bpf_wq_init")
			case 1:
				want := wanted{typ: typeFollowed}
				want.regs[3] = value
				m.address(2, &want)
				m.constantTo(3, 0)
				m.constantTo(4, 0)
				m.kfuncCall("bpf_wq_set_callback_impl")
			case 2:
				m.constantTo(2, 0)
				m.kfuncCall("bpf_wq_start")
			}
		}
	})
}

// throw ends the program in a branch, sometimes with resources held.
func (m *maker) throw() {
	if m.held > 0 && !m.one(20) || !m.permits("bpf_throw") {
		return
	}
	at := m.emit(m.jumpClass()|conds[m.IntN(len(conds))], m.pick(number, small), 0, 0, m.imm())
	m.constantTo(1, int32(m.IntN(3)))
	m.kfuncCall("bpf_throw")
	if m.one(8) {
		m.leave()
	}
	m.land(at)
}

// mayGoto is a loop that the kernel ends when it lasts too long.
func (m *maker) mayGoto() {
	if m.depth > 1 {
		return
	}
	before := m.regs
	start := len(m.insns)
	at := m.emit(cfg.OpMayGoto, 0, 0, 0, 0)
	m.depth += 2
	m.block(m.IntN(4))
	m.depth -= 2
	back := m.emit(cfg.ClassJMP|cfg.JmpJA, 0, 0, 0, 0)
	m.insns[back].Off = int16(start - back - 1)
	m.land(at)
	m.forgetChanged(&before)
}

// withElement looks an element of a typed map up and does something with it,
// where it is in a register that survives calls.
func (m *maker) withElement(index int32, use func(v uint8)) {
	v, ok := m.saved()
	if !ok || !m.mayCall(helperLookup) {
		return
	}
	m.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, 10, 0, -8, int32(m.IntN(3)))
	m.loadMap(1, index)
	m.stackAddress(2, -8)
	m.helperCall(helperLookup)
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, v, 0, 0, 0)
	m.set(v, none)
	at := -1
	if !m.one(60) {
		at = m.emit(cfg.ClassJMP|cfg.JmpJEQ, v, 0, 0, 0)
	}
	m.pin(v)
	before := m.regs
	use(v)
	m.unpin(v)
	if at >= 0 {
		m.land(at)
		m.forgetChanged(&before)
	}
}

// fieldAddress makes a register point to a field behind another.
func (m *maker) fieldAddress(r, v uint8, off int32) {
	m.emit(cfg.ClassALU64|cfg.AluMOV|cfg.SrcX, r, v, 0, 0)
	if m.one(60) {
		off = int32(m.IntN(40))
	}
	if off != 0 {
		m.emit(cfg.ClassALU64|cfg.AluADD, r, 0, 0, off)
	}
}
