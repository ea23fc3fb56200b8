package absint

import "github.com/bpflint/bpflint/cfg"

// storeAny as access.value says that bytes are stored about which nothing is
// known.
const storeAny = -2

func (m *machine) stepAtomic(in *instr) outcome {
	ok := false
	switch op := in.Insn.Imm; {
	case op == cfg.AtomicLoadACQ && m.rules.loadAcquire:
		ok = m.atomicLoad(in)
	case op == cfg.AtomicStoreREL && m.rules.loadAcquire:
		ok = m.atomicStore(in)
	case !modifies(op):
		return m.fail("EINVAL", "BPF_ATOMIC uses invalid atomic opcode %02x", uint32(op))
	default:
		ok = m.atomicModify(in)
	}
	if !ok {
		return failed
	}
	return next
}

// modifies reports whether there is an atomic operation op that reads and writes.
func modifies(op int32) bool {
	switch op {
	case cfg.AtomicXCHG, cfg.AtomicCMPXCHG:
		return true
	}
	switch op &^ cfg.AtomicFETCH {
	case cfg.AtomicADD, cfg.AtomicOR, cfg.AtomicAND, cfg.AtomicXOR:
		return true
	}
	return false
}

// atomicReg returns the register that gets the old value, -1 for none.
func atomicReg(in *instr) int8 {
	switch {
	case in.Insn.Imm == cfg.AtomicCMPXCHG:
		return 0
	case in.Insn.Imm&cfg.AtomicFETCH != 0:
		return int8(in.Src())
	}
	return -1
}

func (m *machine) atomicModify(in *instr) bool {
	if in.bytes < 4 {
		m.fail("EINVAL", "invalid atomic operand size")
		return false
	}
	if !m.readable(in.Src()) || !m.readable(in.Dst()) {
		return false
	}
	if in.Insn.Imm == cfg.AtomicCMPXCHG {
		if !m.readable(0) || m.leaksReg(0) {
			return false
		}
	}
	if m.leaksReg(in.Src()) || !m.atomicOK(in, in.Dst(), "stores into") {
		return false
	}
	load := atomicReg(in)
	if load == cfg.FP && !m.writable(cfg.FP) {
		return false
	}
	if load >= 0 {
		*m.reg(uint8(load)) = unknown()
	}
	k := m.reg(in.Dst()).pointee()
	a := access{reg: in.Dst(), off: int32(in.Off), size: int32(in.bytes), value: -1, strict: true}
	if !m.access(&a) {
		return false
	}
	if load >= 0 {
		a.value = load
		if !m.access(&a) {
			return false
		}
	}
	if m.rules.atomicKinds && !m.sameKindAsBefore(k, false) {
		return false
	}
	a.write, a.value = true, storeAny
	return m.access(&a)
}

func (m *machine) leaksReg(r uint8) bool {
	if !m.secret(m.reg(r)) {
		return false
	}
	m.fail("EACCES", "R%d leaks addr into mem", r)
	return true
}

// atomicOK checks that a register points to memory of which atomic operations
// make sense.
func (m *machine) atomicOK(in *instr, r uint8, verb string) bool {
	p := m.reg(r)
	switch {
	case p.kind == kindCtx, p.kind.isPacket(), p.kind == kindFlowKeys, p.kind.isSocket(),
		p.kind == kindArena && noArenaAtomic(in), m.faultsOnAcquire(in, p):
		name := "BPF_ATOMIC"
		if m.rules.xadd {
			name = "BPF_XADD"
		}
		m.fail("EACCES", "%s %s R%d %s is not allowed", name, verb, r, p.name())
		return false
	}
	return true
}

// faultsOnAcquire reports whether a load-acquire, which no exception table
// covers, may meet a bad address.
func (m *machine) faultsOnAcquire(in *instr, p *value) bool {
	if in.Insn.Imm != cfg.AtomicLoadACQ || !m.rules.safeAcquire {
		return false
	}
	return p.kind == kindBTF && p.flags == 0 || p.flags&flagUntrusted != 0
}

func (m *machine) atomicLoad(in *instr) bool {
	if !m.readable(in.Src()) || !m.atomicOK(in, in.Src(), "loads from") || !m.writable(in.Dst()) {
		return false
	}
	k := m.reg(in.Src()).pointee()
	a := access{reg: in.Src(), off: int32(in.Off), size: int32(in.bytes), value: int8(in.Dst()), strict: true}
	return m.access(&a) && m.sameKindAsBefore(k, false)
}

func (m *machine) atomicStore(in *instr) bool {
	if !m.readable(in.Src()) || !m.readable(in.Dst()) {
		return false
	}
	k := m.reg(in.Dst()).pointee()
	a := access{reg: in.Dst(), off: int32(in.Off), size: int32(in.bytes), write: true, value: int8(in.Src()), strict: true}
	return m.access(&a) && m.sameKindAsBefore(k, false) && m.atomicOK(in, in.Dst(), "stores into")
}
