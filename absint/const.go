package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/cfg"
)

// stepConst loads a 64-bit constant, or the address of what it stands for.
func (m *machine) stepConst(in *instr) outcome {
	if !m.writable(in.Dst()) {
		return failed
	}
	dst := m.reg(in.Dst())
	switch in.Src() {
	case cfg.ConstValue:
		*dst = constant(in.imm)
	case cfg.ConstMap, cfg.ConstMapIdx:
		*dst = pointer(kindConstMap)
		dst.mapi = m.mapAt[in.Insn.Imm]
	case cfg.ConstMapValue, cfg.ConstMapIdxV:
		*dst = pointer(kindMapValue)
		dst.mapi = m.mapAt[in.Insn.Imm]
		dst.off = int32(in.imm >> 32)
		if m.maps[dst.mapi].kind == ebpf.Arena {
			*dst = unknown()
		}
	case cfg.ConstBTFID:
		v, ok := m.addressOfSymbol(btf.ID(uint32(in.Insn.Imm)))
		if !ok {
			return failed
		}
		*dst = v
	case cfg.ConstFunc:
		return m.constFunc(in, dst)
	}
	return next
}

// stepPacketLoad is the classic load from the packet. It is a call in
// disguise, which leaves the program when the packet is too short.
func (m *machine) stepPacketLoad(in *instr) outcome {
	switch m.prog.Type {
	case ebpf.SocketFilter, ebpf.SchedCLS, ebpf.SchedACT:
	default:
		return m.fail("EINVAL", "BPF_LD_[ABS|IND] instructions not allowed for this program type")
	}
	const ctx = 6
	if m.rules.callbacks.packets && m.inCallback() {
		return m.fail("EINVAL", "cannot use BPF_LD_[ABS|IND] within callback")
	}
	if !m.readable(ctx) || !m.nothingHeld(byPacketLoad) {
		return failed
	}
	p := m.reg(ctx)
	if p.kind != kindCtx {
		return m.fail("EINVAL", "at the time of BPF_LD_ABS|IND R6 != pointer to skb")
	}
	if in.Op&0xe0 == cfg.ModeIND && !m.readable(in.Src()) {
		return failed
	}
	if !m.unmoved(ctx, p, false) {
		return failed
	}
	clobber(m.top)
	*m.reg(0) = unknown()
	if !m.rules.funcs.aborts || m.cur.depth == 0 {
		return next
	}
	if m.fork(m.here()+1) == nil {
		return failed
	}
	*m.reg(0) = constant(0)
	return m.leaveFunction()
}

// unmoved checks that nothing was added to a pointer; with fixedOK a constant
// may have been.
func (m *machine) unmoved(r uint8, p *value, fixedOK bool) bool {
	if m.rules.ptrInOffset {
		return m.unmovedAtAll(r, m.joined(p), fixedOK)
	}
	switch {
	case p.off < 0:
		m.fail("EACCES", "negative offset %s ptr R%d off=%d disallowed", p.name(), r, p.off)
	case !fixedOK && p.off != 0:
		m.fail("EACCES", "dereference of modified %s ptr R%d off=%d disallowed", p.name(), r, p.off)
	case !p.num.IsConst() || p.num.Tnum.Value != 0:
		m.fail("EACCES", "variable %s access var_off=%s disallowed", p.name(), m.bits(p))
	default:
		return true
	}
	return false
}

// unmovedAtAll is unmoved where the kernel keeps constant and variable offset
// together, as in p.
func (m *machine) unmovedAtAll(r uint8, p value, fixedOK bool) bool {
	off := int64(p.num.Tnum.Value)
	switch {
	case !p.num.IsConst():
		m.fail("EACCES", "variable %s access var_off=%s disallowed", p.name(), m.bits(&p))
	case off < 0:
		m.fail("EACCES", "negative offset %s ptr R%d off=%d disallowed", p.name(), r, off)
	case !fixedOK && off != 0:
		m.fail("EACCES", "dereference of modified %s ptr R%d off=%d disallowed", p.name(), r, off)
	default:
		return true
	}
	return false
}
