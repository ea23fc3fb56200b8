package precheck

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Explored returns the instructions as the kernel explores them: since 7.2,
// conditional jumps that constants decide are replaced by unconditional ones,
// which also is what the log shows. It returns the program's own slots when
// nothing changes. The graph is that of the program.
func Explored(p *prog.Program, g *cfg.Graph) []cfg.Insn {
	if !p.Target.Kernel.Has(linux.ConstantBranches) {
		return p.Insns
	}
	k := &constants{prog: p, Graph: g, in: make([]constState, len(g.Blocks))}
	k.solve()
	out := p.Insns
	for _, b := range g.RPO {
		last := g.Blocks[b].Last
		taken, decided := k.decide(b)
		if !decided {
			continue
		}
		if &out[0] == &p.Insns[0] {
			out = slices.Clone(out)
		}
		jump := cfg.Insn{Op: cfg.OpJA}
		if taken {
			jump.Off = out[last].Off
		}
		out[last] = jump
	}
	return out
}

// constants propagates constants forward, as one state for each block. Loops
// and joins make a register unknown when two values meet; branches are not
// followed by their outcome.
type constants struct {
	*cfg.Graph
	prog *prog.Program
	in   []constState
}

// constState is what is known of registers at a place.
type constState struct {
	reached bool
	regs    [16]constReg
}

type constReg struct {
	kind constKind
	m    int32 // map, for a place in its value
	val  uint64
}

type constKind uint8

const (
	unknown constKind = iota
	number
	mapValue // val is the offset
)

func (k *constants) solve() {
	for _, f := range k.Funcs {
		k.in[f.FirstBlock].reached = true
	}
	work := slices.Clone(k.RPO)
	slices.Reverse(work) // taken from the end
	queued := make([]bool, len(k.Blocks))
	for _, b := range work {
		queued[b] = true
	}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		queued[b] = false
		if !k.in[b].reached {
			continue // comes again when it is
		}
		out := k.walk(b)
		for _, s := range k.Succs(b) {
			if k.in[s].join(&out) && !queued[s] {
				queued[s] = true
				work = append(work, s)
			}
		}
	}
}

// join reports whether it changed s.
func (s *constState) join(o *constState) bool {
	if !s.reached {
		*s = *o
		return true
	}
	changed := false
	for r := range s.regs {
		if s.regs[r].kind != unknown && s.regs[r] != o.regs[r] {
			s.regs[r] = constReg{}
			changed = true
		}
	}
	return changed
}

// walk returns the state at the end of a block.
func (k *constants) walk(b int32) constState {
	state := k.in[b]
	block := k.Blocks[b]
	for slot := block.Start; slot <= block.Last; slot += int32(k.Insns[slot].Size()) {
		k.step(&state, slot)
	}
	return state
}

func (k *constants) step(s *constState, slot int32) {
	insn := k.Insns[slot]
	switch insn.Class() {
	case cfg.ClassALU, cfg.ClassALU64:
		s.alu(insn)
	case cfg.ClassLD:
		if !insn.IsWide() {
			clear(s.regs[:6])
			return
		}
		s.regs[insn.Dst()] = k.wide(insn, slot)
	case cfg.ClassLDX:
		s.regs[insn.Dst()] = k.load(insn, s.regs[insn.Src()])
	case cfg.ClassSTX:
		if insn.Mode() == cfg.ModeATOMIC {
			_, def := cfg.UseDef(insn, 0)
			for r := range uint8(cfg.NumRegs) {
				if def.Has(r) {
					s.regs[r] = constReg{}
				}
			}
		}
	case cfg.ClassJMP:
		if insn.Op == cfg.OpCALL {
			clear(s.regs[:6])
		}
	}
}

func (s *constState) alu(insn cfg.Insn) {
	dst, src := &s.regs[insn.Dst()], s.regs[insn.Src()]
	*dst = aluConst(insn, *dst, src)
	if insn.Class() != cfg.ClassALU {
		return
	}
	if dst.kind != number {
		*dst = constReg{}
	}
	dst.val = uint64(uint32(dst.val))
}

func aluConst(insn cfg.Insn, dst, src constReg) constReg {
	imm := uint64(int64(insn.Imm))
	known := dst.kind == number
	switch insn.Op &^ class {
	case cfg.AluMOV:
		return constReg{kind: number, val: imm}
	case cfg.AluMOV | cfg.SrcX:
		return extend(src, insn.Off)
	case cfg.AluADD, cfg.AluSUB:
		if dst.kind == unknown {
			return dst
		}
		if insn.Operation() == cfg.AluSUB {
			imm = -imm
		}
		dst.val += imm
		return dst
	case cfg.AluAND:
		if known || imm == 0 {
			return constReg{kind: number, val: dst.val & imm}
		}
	case cfg.AluAND | cfg.SrcX:
		isZero := func(r constReg) bool { return r.kind == number && r.val == 0 }
		if known && src.kind == number || isZero(dst) || isZero(src) {
			if isZero(dst) || isZero(src) {
				return constReg{kind: number}
			}
			return constReg{kind: number, val: dst.val & src.val}
		}
	}
	return constReg{}
}

// extend is a move that extends the sign from off bits.
func extend(r constReg, off int16) constReg {
	if off == 0 {
		return r
	}
	if r.kind != number {
		return constReg{}
	}
	switch off {
	case 8:
		r.val = uint64(int64(int8(r.val)))
	case 16:
		r.val = uint64(int64(int16(r.val)))
	case 32:
		r.val = uint64(int64(int32(r.val)))
	default:
		return constReg{}
	}
	return r
}

func (k *constants) wide(insn cfg.Insn, slot int32) constReg {
	upper := k.Insns[slot+1].Imm
	switch insn.Src() {
	case cfg.ConstValue:
		return constReg{kind: number, val: uint64(uint32(upper))<<32 | uint64(uint32(insn.Imm))}
	case cfg.ConstMapValue:
		return constReg{kind: mapValue, m: insn.Imm, val: uint64(uint32(upper))}
	}
	return constReg{}
}

var sizeBytes = [4]int{cfg.SizeW >> 3: 4, cfg.SizeH >> 3: 2, cfg.SizeB >> 3: 1, cfg.SizeDW >> 3: 8}

// load reads from a map that no one can change any more.
func (k *constants) load(insn cfg.Insn, base constReg) constReg {
	if base.kind != mapValue || int(base.m) >= len(k.prog.Maps) {
		return constReg{}
	}
	m := k.prog.Maps[base.m]
	if !m.Frozen || m.Spec.Type != ebpf.Array || m.Spec.Flags&rdonlyProg == 0 {
		return constReg{}
	}
	size := sizeBytes[insn.Op>>3&3]
	at := int64(int32(base.val) + int32(insn.Off))
	if at < 0 || at+int64(size) > int64(len(m.Data)) {
		return constReg{}
	}
	val := readUint(m.Data[at:at+int64(size)], k.prog.Target.Order)
	if insn.Mode() == cfg.ModeMEMSX {
		shift := 64 - 8*size
		val = uint64(int64(val<<shift) >> shift)
	}
	return constReg{kind: number, val: val}
}

const rdonlyProg = 1 << 7 // BPF_F_RDONLY_PROG

func readUint(b []byte, order binary.ByteOrder) uint64 {
	if order == nil {
		order = binary.LittleEndian
	}
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// decide tells the outcome of the conditional jump at the end of a block. Only
// constants of 32 bits decide.
func (k *constants) decide(b int32) (taken, ok bool) {
	last := k.Blocks[b].Last
	insn := k.Insns[last]
	switch {
	case !insn.IsJump(), insn.Operation() == cfg.JmpJA, insn.Operation() == cfg.JmpCALL,
		insn.Operation() == cfg.JmpEXIT, insn.Operation() == cfg.JmpCOND:
		return false, false
	}
	state := k.walk(b)
	dst, src := state.regs[insn.Dst()], constReg{kind: number, val: uint64(int64(insn.Imm))}
	if insn.Op&cfg.SrcX != 0 {
		src = state.regs[insn.Src()]
		if src.val > math.MaxUint32 {
			return false, false
		}
	}
	if dst.kind != number || src.kind != number || dst.val > math.MaxUint32 {
		return false, false
	}
	x, y := dst.val, src.val
	if insn.Class() == cfg.ClassJMP32 {
		x, y = uint64(int64(int32(x))), uint64(int64(int32(y)))
	}
	return compareConst(insn.Operation(), x, y), true
}

func compareConst(operation uint8, x, y uint64) bool {
	sx, sy := int64(x), int64(y)
	switch operation {
	case cfg.JmpJEQ:
		return x == y
	case cfg.JmpJNE:
		return x != y
	case cfg.JmpJGT:
		return x > y
	case cfg.JmpJGE:
		return x >= y
	case cfg.JmpJLT:
		return x < y
	case cfg.JmpJLE:
		return x <= y
	case cfg.JmpJSGT:
		return sx > sy
	case cfg.JmpJSGE:
		return sx >= sy
	case cfg.JmpJSLT:
		return sx < sy
	case cfg.JmpJSLE:
		return sx <= sy
	}
	return x&y != 0 // JSET
}
