package vm

import "github.com/bpflint/bpflint/cfg"

// Registers of bpf_tail_call.
const (
	tailArray = 2
	tailIndex = 3
	tailCast  = 4
)

// tailCall predecodes a call of bpf_tail_call. One whose array and index are
// constant becomes a direct jump.
func (l *loader) tailCall() error {
	if typ := l.opts.BeforeTailCall; typ != 0 {
		l.emit(inst{op: opMov + var64K, dst: tailCast, imm: uint64(typ)})
	}
	i := inst{op: opTailCall}
	array, known, err := l.constantBefore(tailArray)
	if err != nil {
		return err
	}
	index, constant, err := l.constantBefore(tailIndex)
	if err != nil {
		return err
	}
	if known && constant {
		if cell := l.opts.Linker.Jump(array, uint32(index)); cell != nil {
			l.code.jumps = append(l.code.jumps, cell)
			i.imm = uint64(len(l.code.jumps))
		}
	}
	l.emit(i)
	return nil
}

// constantBefore returns what a register holds at l.slot if an instruction of the
// same basic block loads a constant into it.
func (l *loader) constantBefore(reg uint8) (uint64, bool, error) {
	for slot := l.slot; slot > 0 && !l.leader[slot]; {
		if slot--; l.index[slot] < 0 {
			slot--
		}
		in := l.insns[slot]
		if _, def := cfg.UseDef(in, 0); !def.Has(reg) && in.Op&^cfg.SrcX != cfg.OpCALL {
			continue
		}
		switch in.Op {
		case cfg.OpLDIMM64:
			if in.Src() == cfg.ConstValue {
				return uint64(uint32(in.Imm)) | uint64(uint32(l.insns[slot+1].Imm))<<32, true, nil
			}
			if in.Src() != cfg.ConstMap {
				return 0, false, nil
			}
			v, err := l.opts.Linker.Const(in.Src(), in.Imm, l.insns[slot+1].Imm)
			return v, err == nil, err
		case cfg.ClassALU64 | cfg.AluMOV, cfg.ClassALU | cfg.AluMOV:
			return uint64(uint32(in.Imm)), true, nil
		}
		return 0, false, nil
	}
	return 0, false, nil
}
