package vm

import (
	"errors"
	"fmt"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
)

// Errors of Load, wrapped with the slot.
var (
	errOpcode   = errors.New("unknown opcode")
	errRegister = errors.New("register number out of range")
	errTarget   = errors.New("jump out of the program or into a 64-bit constant")
	errCast     = errors.New("cast between address spaces in a program without an arena")
	errHalf     = errors.New("64-bit constant lacks its second slot")
)

// Load predecodes a program. Errors name the slot of the instruction.
func Load(insns []cfg.Insn, o Options) (*Code, error) {
	if len(insns) == 0 {
		return nil, errors.New("program has no instructions")
	}
	l := &loader{
		insns:   insns,
		opts:    o,
		index:   make([]int32, len(insns)+1),
		leader:  make([]bool, len(insns)+1),
		movesFP: movesFP(insns),
		code: &Code{
			Name:   o.Name,
			tail:   o.Linker.TailCall(),
			legacy: o.Linker.LegacyLoad,
			cast:   o.Cast,
			base:   o.Space.Add(mem.Region{}, mem.Info{Name: "code of " + o.Name}),
		},
	}
	if err := l.findLeaders(); err != nil {
		return nil, err
	}
	for slot := 0; slot < len(insns); slot++ {
		l.slot = slot
		if err := l.insn(insns[slot]); err != nil {
			return nil, fmt.Errorf("instruction %d: %w", slot, err)
		}
		if insns[slot].Op == cfg.OpLDIMM64 {
			slot++
		}
	}
	l.slot = len(insns)
	l.index[len(insns)] = int32(len(l.code.insts))
	l.emit(inst{op: opEnd})
	l.resolve()
	l.fuse()
	return l.code, nil
}

type loader struct {
	insns  []cfg.Insn
	opts   Options
	slot   int
	index  []int32 // of each slot's first inst, -1 for the second half of a constant
	leader []bool  // slots where a basic block starts
	// localCalls counts those of the function so far, if it is observed.
	localCalls int
	mayGo      []bool // functions, by first slot, that use may_goto
	// movesFP says that R10 may be something else than the frame pointer.
	movesFP bool
	fixups  []fixup
	code    *Code
}

// fixup is an inst that refers to a slot which may not be predecoded yet.
type fixup struct {
	inst   int
	target int
}

// emit appends an inst for the current slot.
func (l *loader) emit(i inst) {
	l.code.insts = append(l.code.insts, i)
	l.code.slots = append(l.code.slots, int32(l.slot))
}

// emitTo appends an inst whose off, or imm for a function pointer, is a slot.
func (l *loader) emitTo(i inst, target int) {
	l.fixups = append(l.fixups, fixup{len(l.code.insts), target})
	l.emit(i)
}

// resolve fills in what refers to slots.
func (l *loader) resolve() {
	for _, f := range l.fixups {
		i := &l.code.insts[f.inst]
		if i.op == opMov+var64K {
			i.imm = l.code.base + uint64(l.index[f.target])
			continue
		}
		i.off = l.index[f.target] - int32(f.inst) - 1
	}
}

// target returns the slot that a slot refers to, if it is the start of an
// instruction.
func (l *loader) target(slot int, rel int32) (int, error) {
	t := slot + 1 + int(rel)
	if t < 0 || t >= len(l.insns) || l.index[t] < 0 {
		return 0, errTarget
	}
	return t, nil
}

// findLeaders marks the first slots of blocks and of functions that use
// may_goto, and checks all targets.
func (l *loader) findLeaders() error {
	for slot := 0; slot < len(l.insns); slot++ {
		if l.insns[slot].Op != cfg.OpLDIMM64 {
			continue
		}
		if slot++; slot >= len(l.insns) || l.insns[slot].Op != 0 {
			return fmt.Errorf("instruction %d: %w", slot-1, errHalf)
		}
		l.index[slot] = -1
	}
	funcs := map[int]bool{0: true}
	for slot, in := range l.insns {
		if l.index[slot] < 0 {
			continue
		}
		if endsBlock(in) {
			l.leader[slot+1] = true
		}
		rel, kind := reference(in)
		if kind == refNone {
			continue
		}
		t, err := l.target(slot, rel)
		if err != nil {
			return fmt.Errorf("instruction %d: %w", slot, err)
		}
		if l.leader[t] = true; kind == refFunc {
			funcs[t] = true
		}
		l.leader[slot+1] = true
	}
	l.leader[0] = true
	l.findMayGoto(funcs)
	return nil
}

func (l *loader) findMayGoto(funcs map[int]bool) {
	l.mayGo = make([]bool, len(l.insns))
	start := 0
	for slot, in := range l.insns {
		if funcs[slot] {
			start = slot
		}
		if in.Op == cfg.OpMayGoto && l.index[slot] >= 0 {
			l.mayGo[start] = true
		}
	}
}

// endsBlock reports whether control may leave the program at an instruction
// without a jump.
func endsBlock(in cfg.Insn) bool {
	if in.Class() == cfg.ClassLD {
		return in.Op != cfg.OpLDIMM64
	}
	return in.Op&^cfg.SrcX == cfg.OpCALL || in.Op == cfg.OpEXIT
}

type refKind uint8

const (
	refNone refKind = iota
	refJump
	refFunc
)

// reference says which slot an instruction refers to, relative to the next.
func reference(in cfg.Insn) (int32, refKind) {
	switch c := in.Class(); {
	case in.Op == cfg.OpLDIMM64 && in.Src() == cfg.ConstFunc:
		return in.Imm, refFunc
	case in.Op == cfg.OpCALL && in.Src() == cfg.CallLocal:
		return in.Imm, refFunc
	case in.Op == cfg.OpJA32:
		return in.Imm, refJump
	case c != cfg.ClassJMP && c != cfg.ClassJMP32, in.Op == cfg.OpEXIT, in.Op&0xf0 == cfg.JmpCALL:
		return 0, refNone
	}
	return int32(in.Off), refJump
}

// insn predecodes the instruction at l.slot.
func (l *loader) insn(in cfg.Insn) error {
	if in.Dst() >= cfg.NumRegs {
		return errRegister
	}
	l.index[l.slot] = int32(len(l.code.insts))
	if l.mayGo[l.slot] {
		l.emit(inst{op: opMayGotoInit})
	}
	l.observe(in)
	switch in.Class() {
	case cfg.ClassALU, cfg.ClassALU64:
		return l.alu(in)
	case cfg.ClassJMP, cfg.ClassJMP32:
		if err := l.jump(in); err != nil {
			return err
		}
		l.observeEdge(in)
		return nil
	case cfg.ClassLD:
		return l.loadConst(in)
	}
	return l.memory(in)
}

// loadConst predecodes class LD: 64-bit constants and packet access.
func (l *loader) loadConst(in cfg.Insn) error {
	switch in.Op {
	case cfg.OpLDIMM64:
		return l.const64(in, l.insns[l.slot+1].Imm)
	case cfg.ClassLD | cfg.ModeABS | in.Op&0x18, cfg.ClassLD | cfg.ModeIND | in.Op&0x18:
		size := sizeOf(in.Op)
		if size == 8 {
			return errOpcode
		}
		i := inst{op: opLegacyLoad, src: zeroReg, off: int32(size), imm: uint64(int64(in.Imm))}
		if in.Op&0xe0 == cfg.ModeIND {
			if i.src = in.Src(); i.src >= cfg.NumRegs {
				return errRegister
			}
		}
		l.emit(i)
		return nil
	}
	return errOpcode
}

func (l *loader) const64(in cfg.Insn, hi int32) error {
	i := inst{op: opMov + var64K, dst: in.Dst()}
	switch in.Src() {
	case cfg.ConstValue:
		i.imm = uint64(uint32(in.Imm)) | uint64(uint32(hi))<<32
	case cfg.ConstFunc:
		t, err := l.target(l.slot, in.Imm)
		if err != nil {
			return err
		}
		l.emitTo(i, t)
		return nil
	default:
		v, err := l.opts.Linker.Const(in.Src(), in.Imm, hi)
		if err != nil {
			return err
		}
		i.imm = v
	}
	l.emit(i)
	return nil
}
