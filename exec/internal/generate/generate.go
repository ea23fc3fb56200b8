// Package generate makes random programs that the verifier accepts nearly
// always, for comparing engines with each other and with a kernel.
package generate

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// CtxLen is the length of the context, which programs of type syscall read and
// write: their scalars at the start, their results at the end.
const CtxLen = 8 * (scalars + stackSlots)

const (
	scalars    = 9 // R0 to R8 hold numbers, R9 the context
	stackSlots = 8 // of 8 bytes below the frame pointer
)

// Maps are what the programs use, in the order of their indices.
func Maps() []*ebpf.MapSpec {
	return []*ebpf.MapSpec{
		{Name: "hash", Type: ebpf.Hash, KeySize: 4, ValueSize: 16, MaxEntries: 4},
		{Name: "array", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 3},
	}
}

// Program makes the program of a seed, of type syscall.
func Program(seed uint64) []cfg.Insn {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 1))}
	g.begin()
	n := 5 + g.rng.IntN(60)
	for range n {
		g.step()
	}
	g.end()
	return g.insns
}

// Context makes the context of a seed.
func Context(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	ctx := make([]byte, CtxLen)
	for i := range ctx {
		ctx[i] = byte(r.Uint32())
	}
	for i := 0; i < CtxLen; i += 8 {
		switch r.IntN(3) {
		case 0: // a small number
			clear(ctx[i+1 : i+8])
		case 1: // 32 bits, with the sign or without
			fill := byte(-r.IntN(2))
			for j := 4; j < 8; j++ {
				ctx[i+j] = fill
			}
		}
	}
	return ctx
}

type generator struct {
	rng   *rand.Rand
	insns []cfg.Insn
}

func (g *generator) emit(op uint8, dst, src int, off int, imm int32) {
	g.insns = append(g.insns, cfg.Insn{Op: op, Regs: cfg.MakeRegs(uint8(dst), uint8(src)), Off: int16(off), Imm: imm})
}

const (
	ctxReg = 9
	load64 = cfg.ClassLDX | cfg.ModeMEM | cfg.SizeDW
	stor64 = cfg.ClassSTX | cfg.ModeMEM | cfg.SizeDW
	mov64  = cfg.ClassALU64 | cfg.AluMOV
)

// begin gives every register and stack slot a number from the context.
func (g *generator) begin() {
	g.emit(mov64|cfg.SrcX, ctxReg, 1, 0, 0)
	for i := range stackSlots {
		g.emit(load64, 0, ctxReg, 8*(scalars+i), 0)
		g.emit(stor64, cfg.FP, 0, -8*(i+1), 0)
	}
	for r := range scalars {
		g.emit(load64, r, ctxReg, 8*r, 0)
	}
}

// end writes the registers and the stack to the context.
func (g *generator) end() {
	for r := range scalars {
		g.emit(stor64, ctxReg, r, 8*r, 0)
	}
	for i := range stackSlots {
		g.emit(load64, 0, cfg.FP, -8*(i+1), 0)
		g.emit(stor64, ctxReg, 0, 8*(scalars+i), 0)
	}
	g.emit(mov64, 0, 0, 0, 0)
	g.emit(cfg.OpEXIT, 0, 0, 0, 0)
}

func (g *generator) reg() int { return g.rng.IntN(scalars) }

// imm prefers numbers around which results change.
func (g *generator) imm() int32 {
	switch g.rng.IntN(4) {
	case 0:
		return int32(g.rng.Uint32())
	case 1:
		return []int32{0, 1, -1, 1<<31 - 1, -1 << 31, 0xff, 0xffff, 31, 32, 63}[g.rng.IntN(10)]
	}
	return int32(g.rng.IntN(64)) - 8
}

func (g *generator) step() {
	switch n := g.rng.IntN(100); {
	case n < 50:
		g.arithmetic()
	case n < 65:
		g.branch()
	case n < 80:
		g.stack()
	case n < 88:
		g.atomic()
	case n < 92:
		g.loop()
	default:
		g.useMap()
	}
}

var aluOps = []uint8{
	cfg.AluADD, cfg.AluSUB, cfg.AluMUL, cfg.AluDIV, cfg.AluOR, cfg.AluAND, cfg.AluLSH, cfg.AluRSH,
	cfg.AluNEG, cfg.AluMOD, cfg.AluXOR, cfg.AluMOV, cfg.AluARSH, cfg.AluEND,
}

func (g *generator) arithmetic() {
	class, width := uint8(cfg.ClassALU64), 64
	if g.rng.IntN(2) == 0 {
		class, width = cfg.ClassALU, 32
	}
	op, dst, src, off, imm := aluOps[g.rng.IntN(len(aluOps))], g.reg(), g.reg(), 0, g.imm()
	if op == cfg.AluDIV || op == cfg.AluMOD {
		off = g.rng.IntN(2)
	}
	register := g.rng.IntN(2) == 0
	switch {
	case op == cfg.AluNEG:
		g.emit(class|op, dst, 0, 0, 0)
		return
	case op == cfg.AluEND:
		order := uint8(0)
		if class == cfg.ClassALU {
			order = uint8(g.rng.IntN(2)) * cfg.SrcX
		}
		g.emit(class|op|order, dst, 0, 0, int32(16<<g.rng.IntN(3)))
		return
	case register && op == cfg.AluMOV:
		if off = 8 * (g.rng.IntN(4)) * (1 + g.rng.IntN(2)); off == 24 || off == 48 || off >= width {
			off = 0
		}
	case register:
	case op == cfg.AluLSH || op == cfg.AluRSH || op == cfg.AluARSH:
		imm = int32(g.rng.IntN(width))
	case (op == cfg.AluDIV || op == cfg.AluMOD) && imm == 0:
		imm = 7
	}
	if register {
		g.emit(class|op|cfg.SrcX, dst, src, off, 0)
		return
	}
	g.emit(class|op, dst, 0, off, imm)
}

var jumpOps = []uint8{
	cfg.JmpJEQ, cfg.JmpJGT, cfg.JmpJGE, cfg.JmpJSET, cfg.JmpJNE, cfg.JmpJSGT, cfg.JmpJSGE,
	cfg.JmpJLT, cfg.JmpJLE, cfg.JmpJSLT, cfg.JmpJSLE,
}

// branch skips some instructions.
func (g *generator) branch() {
	class := uint8(cfg.ClassJMP)
	if g.rng.IntN(2) == 0 {
		class = cfg.ClassJMP32
	}
	op, at := jumpOps[g.rng.IntN(len(jumpOps))], len(g.insns)
	if g.rng.IntN(2) == 0 {
		g.emit(class|op|cfg.SrcX, g.reg(), g.reg(), 0, 0)
	} else {
		g.emit(class|op, g.reg(), 0, 0, g.imm())
	}
	for range 1 + g.rng.IntN(3) {
		g.arithmetic()
	}
	g.insns[at].Off = int16(len(g.insns) - at - 1)
}

func (g *generator) slot() int { return -8 * (1 + g.rng.IntN(stackSlots)) }

// stack stores or loads a number of any width.
func (g *generator) stack() {
	size := uint8(g.rng.IntN(4)) << 3
	off := g.slot()
	off += int(g.rng.IntN(8)) &^ (sizeOf(size) - 1)
	switch g.rng.IntN(4) {
	case 0:
		g.emit(cfg.ClassSTX|cfg.ModeMEM|size, cfg.FP, g.reg(), off, 0)
	case 1:
		g.emit(cfg.ClassST|cfg.ModeMEM|size, cfg.FP, 0, off, g.imm())
	case 2:
		g.emit(cfg.ClassLDX|cfg.ModeMEM|size, g.reg(), cfg.FP, off, 0)
	default:
		if size == cfg.SizeDW {
			size = cfg.SizeW
		}
		g.emit(cfg.ClassLDX|cfg.ModeMEMSX|size, g.reg(), cfg.FP, off, 0)
	}
}

func sizeOf(size uint8) int { return [4]int{4, 2, 1, 8}[size>>3] }

var atomicOps = []int32{
	cfg.AtomicADD, cfg.AtomicOR, cfg.AtomicAND, cfg.AtomicXOR, cfg.AtomicADD | cfg.AtomicFETCH,
	cfg.AtomicOR | cfg.AtomicFETCH, cfg.AtomicAND | cfg.AtomicFETCH, cfg.AtomicXOR | cfg.AtomicFETCH,
	cfg.AtomicXCHG, cfg.AtomicCMPXCHG,
}

func (g *generator) atomic() {
	size, off := uint8(cfg.SizeDW), g.slot()
	if g.rng.IntN(2) == 0 {
		size, off = cfg.SizeW, off+4*g.rng.IntN(2)
	}
	g.emit(cfg.ClassSTX|cfg.ModeATOMIC|size, cfg.FP, g.reg(), off, atomicOps[g.rng.IntN(len(atomicOps))])
}

// loop repeats some arithmetic a known number of times; the counter is a
// stack slot of its own, so that the body cannot change it.
func (g *generator) loop() {
	const counter = -8 * (stackSlots + 1)
	g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, cfg.FP, 0, counter, int32(1+g.rng.IntN(5)))
	at, r := len(g.insns), g.reg()
	for range 1 + g.rng.IntN(3) {
		g.arithmetic()
	}
	g.emit(load64, r, cfg.FP, counter, 0)
	g.emit(cfg.ClassALU64|cfg.AluSUB, r, 0, 0, 1)
	g.emit(stor64, cfg.FP, r, counter, 0)
	g.emit(cfg.ClassJMP|cfg.JmpJNE, r, 0, at-len(g.insns)-1, 0)
}

// useMap looks up, updates or deletes a key of a map; a value that is found is
// changed. The key and the value are the numbers in stack slots of their own.
func (g *generator) useMap() {
	const key, value = -8 * (stackSlots + 2), -8 * (stackSlots + 4)
	index := g.rng.IntN(2)
	g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, cfg.FP, 0, key, int32(g.rng.IntN(6)))
	g.emit(stor64, cfg.FP, g.reg(), value, 0)
	g.emit(stor64, cfg.FP, g.reg(), value+8, 0)
	g.emit(cfg.OpLDIMM64, 1, cfg.ConstMap, 0, int32(index))
	g.insns = append(g.insns, cfg.Insn{})
	g.emit(mov64|cfg.SrcX, 2, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, 2, 0, 0, key)
	const lookup, update, remove = 1, 2, 3
	helper := int32(1 + g.rng.IntN(3))
	if helper == update {
		g.emit(mov64|cfg.SrcX, 3, cfg.FP, 0, 0)
		g.emit(cfg.ClassALU64|cfg.AluADD, 3, 0, 0, value)
		g.emit(mov64, 4, 0, 0, int32(g.rng.IntN(4)))
	}
	g.emit(cfg.OpCALL, 0, 0, 0, helper)
	if helper == lookup {
		g.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 3, 0)
		g.emit(load64, 8, 0, 8*g.rng.IntN(2), 0)
		g.emit(cfg.ClassSTX|cfg.ModeATOMIC|cfg.SizeDW, 0, 7, 8*g.rng.IntN(2), cfg.AtomicADD)
		g.emit(mov64, 0, 0, 0, 1)
	}
	for r := 1; r <= 5; r++ { // the call left nothing in them
		g.emit(mov64, r, 0, 0, g.imm())
	}
}
