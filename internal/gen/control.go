package gen

import "github.com/bpflint/bpflint/cfg"

var conds = []uint8{
	cfg.JmpJEQ, cfg.JmpJNE, cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJLT, cfg.JmpJLE, cfg.JmpJSGT, cfg.JmpJSGE, cfg.JmpJSLT,
	cfg.JmpJSLE, cfg.JmpJSET,
}

func (m *maker) jumpClass() uint8 {
	if m.one(3) {
		return cfg.ClassJMP32
	}
	return cfg.ClassJMP
}

// branch emits a condition, what is skipped by it, and perhaps an alternative.
func (m *maker) branch() {
	op := conds[m.IntN(len(conds))]
	var at int
	if m.one(2) {
		at = m.emit(m.jumpClass()|op|cfg.SrcX, m.pick(number, small), m.pick(number, small), 0, 0)
	} else {
		at = m.emit(m.jumpClass()|op, m.pick(number, small), 0, 0, m.imm())
	}
	m.skip(at)
}

// skip makes the jump at a slot lead over what is emitted now.
func (m *maker) skip(at int) {
	before := m.regs
	m.depth++
	if m.depth < 4 {
		m.block(m.IntN(5))
	}
	if m.held == 0 && m.one(6) {
		m.leave()
	}
	m.depth--
	m.land(at)
	m.forgetChanged(&before)
}

// land makes the jump at a slot lead to what is emitted next.
func (m *maker) land(at int) { m.insns[at].Off = int16(len(m.insns) - at - 1) }

// forgetChanged gives up what is not the same on two paths that meet.
func (m *maker) forgetChanged(before *[cfg.NumRegs]kind) {
	for r := range m.regs {
		if m.regs[r] != before[r] {
			m.regs[r] = none
		}
	}
}

// loop counts a register down or up to a constant.
func (m *maker) loop() {
	r := uint8(6 + m.IntN(4))
	if !m.privileged() && !m.one(40) {
		return // refused, or explored on speculative paths as well, which takes its time
	}
	if m.depth > 1 || m.regs[r] == counter || m.pinned>>r&1 != 0 {
		return
	}
	n := int32(1 + m.IntN(12))
	m.emit(m.class()|cfg.AluMOV, r, 0, 0, 0)
	m.set(r, counter)
	start := len(m.insns)
	m.depth += 2
	before := m.regs
	m.block(m.IntN(4))
	m.depth -= 2
	m.emit(m.class()|cfg.AluADD, r, 0, 0, 1)
	op := []uint8{cfg.JmpJLT, cfg.JmpJNE, cfg.JmpJSLT}[m.IntN(3)]
	at := m.emit(m.jumpClass()|op, r, 0, 0, n)
	m.insns[at].Off = int16(start - at - 1)
	m.forgetChanged(&before)
	m.set(r, small)
}
