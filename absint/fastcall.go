package absint

import (
	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Compilers surround calls of helpers that Linux compiles inline with spills and
// fills of the registers that calls void, at the bottom of the frame. Where
// nothing else touches these slots Linux takes the spills out again, and does
// not count the slots for the depth of the stack.

// fastCalls is what is known of such calls in one function.
type fastCalls struct {
	from    int32 // offset below which the slots of spills lie, 0 when there are none
	removed bool  // some spills are taken out
	kept    bool  // some stay, around calls that Linux does not compile inline
}

// findFastCalls looks for spills around calls in all functions.
func (m *machine) findFastCalls() {
	if !m.rules.fastCalls {
		return
	}
	targets := m.jumpTargets()
	for fn := range m.funcs {
		first, end := m.graph.Funcs[fn].Start, m.graph.Funcs[fn].End
		lowest := int32(0)
		for i := first; i < end; i++ {
			if in := m.code[i]; in.Op == codeSpill && in.Dst() == cfg.FP {
				lowest = min(lowest, int32(in.Off))
			}
		}
		for i := first; lowest < 0 && i < end; i += int32(m.insns[i].size) {
			m.findFastCall(&m.funcs[fn].fast, i, lowest, targets)
		}
	}
}

const (
	codeSpill = uint8(asm.StXClass) | uint8(asm.MemMode) | uint8(asm.DWord)
	codeFill  = uint8(asm.LdXClass) | uint8(asm.MemMode) | uint8(asm.DWord)
)

// findFastCall looks for pairs of a spill and a fill around a call, the
// innermost at the lowest slot.
func (m *machine) findFastCall(f *fastCalls, at, lowest int32, targets []bool) {
	survive, inline := m.survivors(at)
	off := lowest
	for n := int32(1); survive != 0 && at-n >= 0 && int(at+n) < len(m.code); n++ {
		spill, fill := m.code[at-n], m.code[at+n]
		if targets[at-n+1] || targets[at+n] || !isPair(spill, fill) || int32(spill.Off) != off ||
			survive&(1<<spill.Src()) == 0 {
			break
		}
		survive &^= 1 << spill.Src()
		m.insns[at-n].marks |= markSpill
		m.insns[at+n].marks |= markSpill
		off += 8
	}
	if off == lowest {
		return
	}
	f.from = min(f.from, off)
	f.removed = f.removed || inline
	f.kept = f.kept || !inline
}

// isPair reports whether a spill and a fill are of one register and slot.
func isPair(spill, fill cfg.Insn) bool {
	return spill.Op == codeSpill && fill.Op == codeFill && spill.Dst() == cfg.FP && fill.Src() == cfg.FP &&
		spill.Src() == fill.Dst() && spill.Off == fill.Off
}

// survivors returns the registers that a call would leave alone if it were
// compiled inline, and whether it is.
func (m *machine) survivors(at int32) (regs uint16, inline bool) {
	const all = 1<<(argRegs+1) - 1
	in := &m.insns[at]
	args, void := 0, false
	switch in.op {
	case opCallHelper:
		h, _ := m.hook.helper(uint32(in.Imm))
		if h == nil {
			return 0, false
		}
		args, void, inline = m.argumentsOf(in.Insn), h.Ret.Kind == linux.RetVoid, h.Has(linux.FastCall)
	case opCallKfunc:
		if in.fn < 0 {
			return 0, false
		}
		f := &m.kfuncs[in.fn]
		args, void, inline = len(f.args), f.ret.kind == kretVoid, f.has(linux.KfuncFastCall) || f.isCast()
	default:
		return 0, false
	}
	regs = all &^ (1<<(args+1) - 1)
	if void {
		regs |= 1
	}
	return regs, inline
}

// isCast reports whether f is a cast, which is nothing but a move when compiled.
func (f *kfunc) isCast() bool { return f.special == kfuncCastToKernCtx || f.special == kfuncRdonlyCast }

// jumpTargets says to which slots jumps and calls of functions lead.
func (m *machine) jumpTargets() []bool {
	targets := make([]bool, len(m.code))
	for i := range m.insns {
		switch in := &m.insns[i]; in.op {
		case opJump, opBranch, opMayGoto:
			targets[in.to] = true
		case opCallLocal:
			targets[m.funcs[in.fn].start] = true
		}
	}
	return targets
}

// touchesFrame notes that the present instruction accesses a frame from an
// offset on. Spills around calls stay where they are when their slots have
// another use as well.
func (m *machine) touchesFrame(frame uint8, off int64) {
	f := &m.funcs[m.cur.frames[frame].fn]
	if f.fast.removed && off < int64(f.fast.from) && m.insns[m.here()].marks&markSpill == 0 {
		f.fast = fastCalls{}
	}
}

// removeSpills takes the slots of spills that are taken out off a function's frame.
func (f *function) removeSpills() {
	if f.fast.removed && !f.fast.kept {
		f.stack = -int(f.fast.from)
	}
}
