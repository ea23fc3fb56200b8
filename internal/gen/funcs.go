package gen

import "github.com/bpflint/bpflint/cfg"

// wanted is a function that is called before it was made.
type wanted struct {
	site int // the call, or the load of the address
	typ  int
	regs [cfg.NumRegs]kind // what it gets
	of   [cfg.NumRegs]string
	menu []func(*maker) // what it does, nil for what the caller does
}

// maxFuncs is the number of functions that a program has beside its own.
const maxFuncs = 6

// makeWanted appends the functions that m calls, and those that they call.
func (m *maker) makeWanted(p *Program) {
	for n := 0; n < len(m.wants) && n < maxFuncs; n++ {
		want := m.wants[n]
		sub := m.inner()
		sub.regs, sub.calls = want.regs, n < 3
		if want.menu != nil {
			sub.menu, sub.held = want.menu, 1
		}
		sub.regs[10] = frame
		for r, name := range want.of {
			sub.of[r] = m.world.structID(name)
		}
		sub.body(1 + m.IntN(8))
		start := len(m.insns)
		m.insns[want.site].Imm = int32(start - want.site - 1)
		for i := range sub.wants {
			sub.wants[i].site += start
		}
		m.insns, m.wants = append(m.insns, sub.insns...), append(m.wants, sub.wants...)
		p.Funcs = append(p.Funcs, Func{Start: start, Type: want.typ})
	}
	if len(m.wants) > maxFuncs {
		last := p.Funcs[len(p.Funcs)-1].Start
		for _, want := range m.wants[maxFuncs:] {
			m.insns[want.site].Imm = int32(last - want.site - 1)
		}
	}
}

// callGlobal calls a function of the program that is verified alone, or rarely
// one that is followed.
func (m *maker) callGlobal() {
	want := wanted{typ: typeFollowed}
	switch {
	case m.one(40):
		want.typ = firstGlobal + m.IntN(len(prototypes)-firstGlobal)
	case !m.one(6):
		want.typ = firstGlobal + m.IntN(numSound)
	}
	row := &prototypes[want.typ]
	if !m.suits(row) && !m.one(10) {
		return
	}
	for i, a := range row.params {
		r := uint8(i + 1)
		want.regs[r], want.of[r] = a.kind, a.of
		if a.pass == nil {
			want.regs[r] = m.regs[r]
		} else {
			a.pass(m, r)
		}
	}
	want.site = m.emit(cfg.OpCALL, 0, cfg.CallLocal, 0, 0)
	m.wants = append(m.wants, want)
	m.called()
}

// address puts the address of a function that is to be made into a register.
func (m *maker) address(r uint8, want *wanted) {
	want.site = m.emit(cfg.OpLDIMM64, r, cfg.ConstFunc, 0, 0)
	m.emit(0, 0, 0, 0, 0)
	m.wants = append(m.wants, *want)
}

// callbackContext passes an address on the stack, or null, to a callback.
func (m *maker) callbackContext(r uint8) {
	if m.one(4) {
		m.emit(cfg.ClassALU64|cfg.AluMOV, r, 0, 0, 0)
		return
	}
	m.stackAddress(r, -int32(8*(1+m.IntN(5))))
}
