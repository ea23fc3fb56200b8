package absint

import (
	"github.com/bpflint/bpflint/absint/scalar"
	"github.com/bpflint/bpflint/cfg"
)

// Observation is what one of the explored states says before an instruction.
type Observation struct {
	Insn  int
	Depth int    // of calls
	Live  uint16 // registers that may be read from here on
	Regs  Registers
}

// Registers is what is known of all registers of one function.
type Registers [cfg.NumRegs]Register

// Register is what is known of a register.
type Register struct {
	// Kind is the verifier log's name of a kind of values: "scalar", "fp",
	// "map_value"; "?" stands for a register that is never read.
	Kind    string
	MayNull bool
	Num     scalar.Value // the number, or the variable part of a pointer's offset
	Off     int32        // the fixed part
	Frame   int          // of "fp": the depth of the function whose stack it is
}

// show leaves out what means something to the machine only.
func (v *value) show() Register {
	return Register{Kind: kindNames[v.kind], MayNull: v.mayNull(), Num: v.num, Off: v.off, Frame: int(v.frame)}
}

// observeAll has observe called before every instruction.
func (m *machine) observeAll() {
	if m.opts.Observe == nil && !m.opts.Trace {
		return
	}
	for i := range m.insns {
		m.insns[i].marks |= markObserve
	}
}

// observe shows the present state to those who watch.
func (m *machine) observe(at int32) {
	if m.opts.Trace {
		m.trace.walk(at, &m.cur)
	}
	if m.opts.Observe == nil {
		return
	}
	o := Observation{Insn: int(at), Depth: int(m.cur.depth), Live: m.insns[at].live}
	for i := range m.top.regs {
		o.Regs[i] = m.top.regs[i].show()
	}
	m.opts.Observe(&o)
}
