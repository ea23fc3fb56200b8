package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// effects are what a call of a function may do, whatever path it takes. Callers
// of functions that are verified alone must reckon with all of it.
type effects struct {
	packet bool // changes the packet
	sleep  bool
	throws bool // may end the program with an exception
}

// findEffects looks at the calls of all functions, and of those that they call
// or hand out.
func (m *machine) findEffects() {
	for i := range m.insns {
		switch in := &m.insns[i]; in.op {
		case opCallHelper:
			m.funcs[m.graph.FuncOf(int32(i))].effects.add(m.helperEffects(uint32(in.Insn.Imm)))
		case opCallKfunc:
			m.funcs[m.graph.FuncOf(int32(i))].effects.add(m.kfuncEffects(in))
		}
	}
	calls := m.graph.Calls()
	for n := len(calls.TopDown) - 1; n >= 0; n-- {
		caller := calls.TopDown[n]
		for _, site := range calls.CallsFrom(caller) {
			m.funcs[caller].effects.add(m.funcs[calls.Sites[site].Callee].effects)
		}
	}
}

func (e *effects) add(o effects) {
	e.packet = e.packet || o.packet
	e.sleep = e.sleep || o.sleep
	e.throws = e.throws || o.throws
}

// helperEffects are those of a call of a helper. Linux looks for them before it
// knows which helpers the programs of a struct_ops have.
func (m *machine) helperEffects(id uint32) effects {
	h, _ := m.hook.helper(id)
	common := m.hook.kernel.Helper(id)
	return effects{
		packet: common != nil && common.Has(linux.ChangesPacket),
		sleep:  h != nil && h.Has(linux.MightSleep) && m.prog.Type != ebpf.StructOps,
	}
}
