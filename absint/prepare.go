package absint

import (
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
)

// prepare decodes the program and checks what needs no exploration. It reports
// false when the verdict is known already.
func (m *machine) prepare() bool {
	if m.hook = newHook(m.prog); !m.findExceptionCallback() || !m.attach() {
		return false
	}
	if m.hook.Hook == nil {
		m.unsupported("program type")
		return false
	}
	m.resumed = true
	for _, p := range m.prog.Maps {
		m.mapAt = append(m.mapAt, m.addMap(p))
	}
	m.nameFunctions()
	if !m.fold() || !m.prepareKfuncs(m.code) {
		return false
	}
	m.journal.printer = cfg.Printer{Kernel: m.prog.Target.Kernel, Kfunc: m.kfuncName}
	m.decodeAll()
	m.markJoins()
	m.findFastCalls()
	m.observeAll()
	m.findEffects()
	if !m.replacesInFull() {
		return false
	}
	m.chains = newChains(m.flow, m.rules.callWrites)
	m.accessed = make([]pointee, len(m.insns))
	m.seen = make([]*checkpoint, len(m.insns))
	if !m.rules.specV1 {
		m.spec = speculation{make([]mask, len(m.insns)), make([]barrier, len(m.insns))}
	}
	return m.checkConstants()
}

// fold decides the branches that the kernel decides before it explores.
func (m *machine) fold() bool {
	m.code, m.flow = precheck.Explored(m.prog, m.graph), m.graph
	if &m.code[0] != &m.prog.Insns[0] {
		m.flow, m.err = m.graph.With(m.code)
	}
	return m.err == nil
}

func (m *machine) nameFunctions() {
	m.funcs = make([]function, len(m.graph.Funcs))
	for i := range m.funcs {
		f := &m.funcs[i]
		f.start = m.graph.Funcs[i].Start
		if p := m.prog.FuncAt(int(f.start)); p != nil {
			f.name = p.Name
			f.global = p.Type != nil && p.Type.Linkage == btf.GlobalFunc && m.prog.ExtInfo
		}
	}
}

func (m *machine) decodeAll() {
	insns := m.code
	live := m.liveRegs()
	fields := precheck.FieldsOf(m.prog.Target.Kernel)
	m.insns = make([]instr, len(insns))
	for i := range insns {
		in := decode(insns, i)
		in.live = uint16(live[i])
		if !fields.Early() && in.op != opInvalid {
			in.bad = fields.Check(insns[i])
		}
		if in.op == opCallLocal {
			in.fn = m.callee(int32(i))
		}
		if in.op == opCallKfunc {
			in.fn = m.kfuncIndex(insns[i])
		}
		if in.op == opConst && in.Src() == cfg.ConstFunc {
			in.fn = m.graph.FuncAt(int32(i) + 1 + in.Insn.Imm)
		}
		m.insns[i] = in
	}
}

// markJoins marks where states are compared: at conditional jumps, at the
// targets of all jumps, at calls of functions, at their entries and behind
// every call.
func (m *machine) markJoins() {
	target := func(slot int32, k mark) {
		if slot >= 0 && int(slot) < len(m.insns) {
			m.insns[slot].marks |= k
		}
	}
	for i := int32(0); int(i) < len(m.insns); i += int32(m.insns[i].size) {
		in := &m.insns[i]
		switch in.op {
		case opJump:
			target(in.to, markJoin|markTarget)
		case opBranch:
			in.marks |= markJoin
			target(in.to, markJoin|markTarget)
		case opMayGoto:
			m.markTurn(i, turnMayGoto)
			target(in.to, markJoin|markTarget)
		case opCallLocal:
			in.marks |= markJoin
			target(m.graph.Insns[i].Imm+i+1, markJoin|markTarget)
			target(i+1, markJoin|markTarget)
		case opConst:
			if in.Src() == cfg.ConstFunc {
				in.marks |= markJoin
				target(m.funcs[in.fn].start, markJoin|markTarget)
				target(i+2, markJoin|markTarget)
			}
		case opCallHelper:
			m.markCallback(i)
			target(i+1, markJoin|markTarget)
		case opCallKfunc:
			m.markIterator(i)
			m.markKfuncCallback(i)
			target(i+1, markJoin|markTarget)
		}
	}
}
