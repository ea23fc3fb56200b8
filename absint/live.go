package absint

import (
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// liveRegs returns the registers that are live before each instruction. Kernels
// before 6.15 find out while they explore, and so see which arguments a function
// reads; since then a call of one reads all.
func (m *machine) liveRegs() []cfg.RegSet {
	entries := make([]cfg.RegSet, len(m.funcs)) // arguments that functions read
	reads := func(slot int32) cfg.RegSet {
		call := m.code[slot]
		if fn := m.callee(slot); fn >= 0 && !m.rules.callsReadAll && !m.funcs[fn].global {
			return entries[fn]
		}
		return cfg.Args(m.argumentsOf(call))
	}
	for {
		live, grown := m.flow.Live(reads), false
		for fn := range entries {
			if in := live[m.funcs[fn].start] & cfg.Args(argRegs); !m.rules.callsReadAll && in != entries[fn] {
				entries[fn], grown = in, true
			}
		}
		if !grown {
			return live
		}
	}
}

// callee returns the function that the instruction at a slot calls, -1 when it
// calls none.
func (m *machine) callee(slot int32) int32 {
	if in := m.code[slot]; in.Op == cfg.OpCALL && in.Src() == cfg.CallLocal {
		return m.graph.FuncAt(slot + 1 + in.Imm)
	}
	return -1
}

// argumentsOf returns the number of arguments that the callee of a call takes.
func (m *machine) argumentsOf(call cfg.Insn) int {
	if call.Src() == cfg.CallKfunc {
		return m.argumentsOfKfunc(call)
	}
	if call.Src() != cfg.CallHelper {
		return argRegs
	}
	h, _ := m.hook.helper(uint32(call.Imm))
	if h == nil {
		return argRegs
	}
	n := 0
	for n < argRegs && h.Args[n].Kind != linux.ArgNone {
		n++
	}
	return n
}
