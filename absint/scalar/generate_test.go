package scalar

import (
	"math/rand/v2"

	"github.com/bpflint/bpflint/cfg"
)

// gen writes random programs over scalars: a straight line of arithmetic on
// values loaded from a map, with branches to short tails that end the program,
// so that the kernel's log shows every state once.
type gen struct {
	*rand.Rand
	insns []cfg.Insn
	tails []int // branches whose tails are still to be written
	v4    bool  // cpu v4 instructions
	tight bool  // numbers are small or near one another, so that ranges meet
	near  int32
}

const (
	mapReg  = 9 // points to the value of a map
	numRegs = 9 // R0 to R8 hold scalars

	prologue = 2 + numRegs // instructions that initialise them
)

// generate returns a program; its first instruction loads the address of a map
// value, whose file descriptor is still missing.
func generate(seed uint64, length int, v4 bool) []cfg.Insn {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 1)), v4: v4}
	g.tight = seed%2 == 1
	g.near = pick(g, int32(0), 0, -1<<31, 1<<31-1, 1<<16, 100, int32(g.Uint32()))
	g.emit(cfg.OpLDIMM64, mapReg, 2, 0, 0) // BPF_PSEUDO_MAP_VALUE
	g.emit(0, 0, 0, 0, 0)
	for r := range uint8(numRegs) {
		g.load(r)
	}
	for g.tight && len(g.insns) < prologue+numRegs {
		g.narrow()
	}
	for len(g.insns) < length {
		g.step(true)
	}
	g.exit()
	for len(g.tails) > 0 {
		at := g.tails[0]
		g.tails = g.tails[1:]
		g.insns[at].Off = int16(len(g.insns) - at - 1)
		for range g.IntN(4) {
			g.step(len(g.insns) < 2*length)
		}
		g.exit()
	}
	return g.insns
}

func (g *gen) emit(op, dst, src uint8, off int16, imm int32) {
	g.insns = append(g.insns, cfg.Insn{Op: op, Regs: cfg.MakeRegs(dst, src), Off: off, Imm: imm})
}

func (g *gen) exit() {
	g.emit(cfg.ClassALU64|cfg.AluMOV, 0, 0, 0, 0)
	g.emit(cfg.OpEXIT, 0, 0, 0, 0)
}

func (g *gen) reg() uint8 { return uint8(g.IntN(numRegs)) }

func (g *gen) load(r uint8) {
	mode := uint8(cfg.ModeMEM)
	size := pick(g, uint8(cfg.SizeB), cfg.SizeH, cfg.SizeW, cfg.SizeDW, cfg.SizeDW)
	if g.v4 && size != cfg.SizeDW && g.IntN(4) == 0 {
		mode = cfg.ModeMEMSX
	}
	g.emit(cfg.ClassLDX|mode|size, r, mapReg, 0, 0)
}

func (g *gen) step(branch bool) {
	switch n := g.IntN(20); {
	case n < 5 && branch:
		g.jump()
	case n < 6:
		g.load(g.reg())
	case n < 8:
		g.move()
	case n < 9:
		g.unary()
	case n < 10:
		g.narrow()
	default:
		g.arith()
	}
}

func (g *gen) class() uint8 { return pick(g, uint8(cfg.ClassALU64), cfg.ClassALU64, cfg.ClassALU) }

func (g *gen) arith() {
	op := pick(g, uint8(cfg.AluADD), cfg.AluADD, cfg.AluSUB, cfg.AluSUB, cfg.AluMUL, cfg.AluDIV, cfg.AluMOD,
		cfg.AluAND, cfg.AluAND, cfg.AluOR, cfg.AluOR, cfg.AluXOR, cfg.AluLSH, cfg.AluRSH, cfg.AluARSH)
	class, off := g.class(), int16(0)
	if g.v4 && (op == cfg.AluDIV || op == cfg.AluMOD) && g.IntN(2) == 0 {
		off = 1
	}
	if g.IntN(2) == 0 {
		g.emit(class|op|cfg.SrcX, g.reg(), g.reg(), off, 0)
		return
	}
	imm := g.imm()
	switch op {
	case cfg.AluLSH, cfg.AluRSH, cfg.AluARSH:
		imm = int32(g.IntN(32))
		if class == cfg.ClassALU64 && g.IntN(2) == 0 {
			imm = pick(g, 32, 32, 56, 48, 63, int32(g.IntN(64)))
		}
	case cfg.AluDIV, cfg.AluMOD:
		if imm == 0 {
			imm = 1
		}
	}
	g.emit(class|op, g.reg(), 0, off, imm)
}

// move copies a value and then breaks the link which that makes, since links
// are not the domain's.
func (g *gen) move() {
	class, off := g.class(), int16(0)
	dst := g.reg()
	if g.IntN(5) == 0 {
		g.emit(class|cfg.AluMOV, dst, 0, 0, g.imm())
		return
	}
	if g.v4 && g.IntN(2) == 0 {
		off = pick(g, int16(8), 16)
		if class == cfg.ClassALU64 {
			off = pick(g, int16(8), 16, 32)
		}
	}
	src := g.reg()
	for src == dst {
		src = g.reg()
	}
	g.emit(class|cfg.AluMOV|cfg.SrcX, dst, src, off, 0)
	g.emit(class|pick(g, uint8(cfg.AluOR), cfg.AluXOR), dst, 0, 0, 0)
}

func (g *gen) unary() {
	switch g.IntN(3) {
	case 0:
		g.emit(g.class()|cfg.AluNEG, g.reg(), 0, 0, 0)
	case 1:
		g.emit(cfg.ClassALU|cfg.AluEND|pick(g, uint8(cfg.SrcK), cfg.SrcX), g.reg(), 0, 0, pick(g, int32(16), 32, 64))
	default:
		if g.v4 {
			g.emit(cfg.ClassALU64|cfg.AluEND, g.reg(), 0, 0, pick(g, int32(16), 32, 64))
		}
	}
}

// narrow bounds a value, so that not everything stays unknown.
func (g *gen) narrow() {
	r := g.reg()
	switch g.IntN(3) {
	case 0:
		g.emit(g.class()|cfg.AluAND, r, 0, 0, pick(g, int32(1), 3, 7, 15, 255, 0xf0, 0xffff, -8, 0x7fffffff))
	case 1:
		g.emit(cfg.ClassALU64|cfg.AluRSH, r, 0, 0, int32(g.IntN(64)))
	default:
		g.emit(cfg.ClassALU64|cfg.AluARSH, r, 0, 0, int32(g.IntN(64)))
	}
}

func (g *gen) jump() {
	op := pick(g, uint8(cfg.JmpJEQ), cfg.JmpJNE, cfg.JmpJSET, cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJLT, cfg.JmpJLE,
		cfg.JmpJSGT, cfg.JmpJSGE, cfg.JmpJSLT, cfg.JmpJSLE)
	class := pick(g, uint8(cfg.ClassJMP), cfg.ClassJMP, cfg.ClassJMP32)
	g.tails = append(g.tails, len(g.insns))
	if g.IntN(5) < 2 {
		g.emit(class|op|cfg.SrcX, g.reg(), g.reg(), 0, 0)
	} else {
		g.emit(class|op, g.reg(), 0, 0, g.imm())
	}
}

// imm favours the numbers at which something changes.
func (g *gen) imm() int32 {
	if g.tight && g.IntN(4) > 0 {
		return g.near + int32(g.IntN(13)) - 6
	}
	switch g.IntN(6) {
	case 0:
		return int32(g.IntN(9)) - 4
	case 1:
		return int32(g.IntN(512)) - 256
	case 2:
		return int32(1) << g.IntN(32)
	case 3:
		return int32(1)<<g.IntN(32) - 1
	case 4:
		return pick(g, int32(-1<<31), 1<<31-1, -1, 0, 0xffff, -1<<16, 1<<31-2, -1<<31+1)
	}
	return int32(g.Uint32())
}

func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }
