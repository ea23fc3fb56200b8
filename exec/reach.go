package exec

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// contextReach returns how many bytes of its context a program may access: one
// more than the greatest offset. Test runs of types whose context is plain memory
// refuse a shorter one, whether or not the run would come to that access.
//
// It follows registers that hold the context and a constant. Where paths disagree
// and through memory it does not follow; an access that is missed stops the run
// if it comes to that.
func contextReach(typ ebpf.ProgramType, insns []cfg.Insn) int {
	if typ != ebpf.Syscall && typ != ebpf.RawTracepoint {
		return 0
	}
	r := reach{insns: insns, seen: make(map[int]ctxRegs)}
	r.visit(0, ctxRegs{1: {known: true}})
	for len(r.work) > 0 {
		slot := r.work[len(r.work)-1]
		r.work = r.work[:len(r.work)-1]
		r.step(slot, r.seen[slot])
	}
	return r.most
}

// ctxRegs says which registers are the context and a constant.
type ctxRegs [cfg.NumRegs]struct {
	known bool
	off   int32
}

type reach struct {
	insns []cfg.Insn
	seen  map[int]ctxRegs // before each slot
	work  []int
	most  int
}

// visit merges what is known before a slot.
func (r *reach) visit(slot int, regs ctxRegs) {
	old, ok := r.seen[slot]
	if ok {
		for i := range regs {
			if regs[i] != old[i] {
				regs[i].known, regs[i].off = false, 0
			}
		}
		if regs == old {
			return
		}
	}
	if slot >= 0 && slot < len(r.insns) {
		r.seen[slot] = regs
		r.work = append(r.work, slot)
	}
}

func (r *reach) step(slot int, regs ctxRegs) {
	in := r.insns[slot]
	dst, src := in.Dst(), in.Src()
	if dst >= cfg.NumRegs || src >= cfg.NumRegs {
		return // not an instruction
	}
	r.note(in, &regs)
	next := slot + in.Size()
	switch class := in.Class(); {
	case in.Op == cfg.OpEXIT:
		return
	case in.Op == cfg.OpCALL:
		if src == cfg.CallLocal {
			r.visit(slot+1+int(in.Imm), regs)
		}
		for i := range 6 {
			regs[i].known, regs[i].off = false, 0
		}
	case class == cfg.ClassJMP || class == cfg.ClassJMP32:
		r.visit(int(cfg.JumpTarget(in, int32(slot))), regs)
		if in.Op == cfg.OpJA || in.Op == cfg.OpJA32 || in.Op == cfg.OpJAX {
			return
		}
	case in.Op == cfg.ClassALU64|cfg.AluMOV|cfg.SrcX && in.Off == 0:
		regs[dst] = regs[src]
	case in.Op == cfg.ClassALU64|cfg.AluADD && regs[dst].known:
		regs[dst].off += in.Imm
	default:
		_, def := cfg.UseDef(in, 0)
		for i := range regs {
			if def.Has(uint8(i)) {
				regs[i].known, regs[i].off = false, 0
			}
		}
	}
	r.visit(next, regs)
}

// note takes down an access of memory.
func (r *reach) note(in cfg.Insn, regs *ctxRegs) {
	base := in.Dst()
	switch in.Class() {
	case cfg.ClassLDX:
		base = in.Src()
	case cfg.ClassST, cfg.ClassSTX:
	default:
		return
	}
	if base < cfg.NumRegs && regs[base].known {
		size := [4]int{4, 2, 1, 8}[in.Op>>3&3]
		r.most = max(r.most, int(regs[base].off)+int(in.Off)+size)
	}
}
