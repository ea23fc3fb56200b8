package generate

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// want is a function that was referred to before it was made.
type want struct {
	site int // the call, or the load of the function's address
	make func()
}

// functions collects what a program refers to.
type functions struct {
	wants []want
	depth int // of the function that is being made
}

// maxCallDepth keeps the stack within its limit of 512 bytes.
const maxCallDepth = 3

// refer notes that the last instruction needs a function.
func (f *functions) refer(site int, make func()) {
	depth := f.depth + 1
	f.wants = append(f.wants, want{site, func() { f.depth = depth; make() }})
}

// link makes the functions that insns refer to, and those that they refer to.
func (f *functions) link(insns *[]cfg.Insn) *Made {
	starts := []uint32{0}
	for n := 0; n < len(f.wants); n++ {
		start, site := len(*insns), f.wants[n].site
		(*insns)[site].Imm = int32(start - site - 1)
		starts = append(starts, uint32(start))
		f.wants[n].make()
	}
	return &Made{*insns, starts}
}

// CallMaps are what programs with calls use, in the order of their indices.
func CallMaps() []*ebpf.MapSpec {
	list := Maps()
	const zeroSeed = 1 << 6 // so that the order of the elements is known
	list[0].Flags |= zeroSeed
	return list
}

// Calls makes the program of a seed, of type syscall, that calls functions of
// its own and has helpers call some.
func Calls(seed uint64) *Made {
	g := &callGenerator{generator: generator{rng: rand.New(rand.NewPCG(seed, 7))}}
	g.begin()
	g.steps(3 + g.rng.IntN(25))
	g.end()
	return g.link(&g.insns)
}

type callGenerator struct {
	generator
	functions
	visitor bool // the function visits elements, and must not change their order
}

func (g *callGenerator) steps(n int) {
	for range n {
		g.step()
	}
}

func (g *callGenerator) step() {
	deeper := g.depth < maxCallDepth
	switch n := g.rng.IntN(100); {
	case n < 8 && deeper:
		g.callFunction()
	case n < 13 && deeper:
		g.callLoop()
	case n < 18 && deeper:
		g.callForEach()
	case n < 60:
		g.arithmetic()
	case n < 70:
		g.branch()
	case n < 80:
		g.stack()
	case n < 86:
		g.atomic()
	case n < 90:
		g.loop()
	case !g.visitor:
		g.useMap()
	}
}

// scratch gives the registers numbers that a call left without.
func (g *callGenerator) scratch() {
	for r := 1; r <= 5; r++ {
		g.emit(mov64, r, 0, 0, g.imm())
	}
}

// body makes a function. R1 to R5 are numbers by then, R0 and R6 to R8 get
// some, and so does the stack.
func (g *callGenerator) body() {
	for _, r := range []int{0, 6, 7, 8} {
		if g.rng.IntN(2) == 0 {
			g.emit(mov64|cfg.SrcX, r, 1+g.rng.IntN(5), 0, 0)
		} else {
			g.emit(mov64, r, 0, 0, g.imm())
		}
	}
	for i := range stackSlots {
		g.emit(stor64, cfg.FP, g.reg(), -8*(i+1), 0)
	}
	g.steps(1 + g.rng.IntN(7))
}

func (g *callGenerator) callFunction() {
	visitor := g.visitor
	g.refer(len(g.insns), func() {
		g.visitor = visitor
		g.body()
		g.emit(mov64|cfg.SrcX, 0, g.reg(), 0, 0)
		g.emit(cfg.OpEXIT, 0, 0, 0, 0)
	})
	g.emit(cfg.OpCALL, 0, cfg.CallLocal, 0, 0)
	g.scratch()
}

// callback loads the address of a function into a register.
func (g *callGenerator) callback(reg int, visitor bool, begin func()) {
	g.refer(len(g.insns), func() {
		g.visitor = visitor
		begin()
		g.body()
		// What the function saw goes into the number that it was given.
		g.emit(load64, 0, ctxReg, 0, 0)
		g.emit(cfg.ClassALU64|cfg.AluMUL, 0, 0, 0, 31)
		g.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, 0, g.reg(), 0, 0)
		g.emit(stor64, ctxReg, 0, 0, 0)
		g.emit(mov64, 0, 0, 0, 0)
		if g.rng.IntN(3) == 0 { // sometimes it ends the loop
			g.emit(mov64|cfg.SrcX, 0, g.reg(), 0, 0)
			g.emit(cfg.ClassALU64|cfg.AluAND, 0, 0, 0, 1)
		}
		g.emit(cfg.OpEXIT, 0, 0, 0, 0)
	})
	g.emit(cfg.OpLDIMM64, reg, cfg.ConstFunc, 0, 0)
	g.insns = append(g.insns, cfg.Insn{})
}

// number points a register to a stack slot.
func (g *callGenerator) number(reg int) {
	g.emit(mov64|cfg.SrcX, reg, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, reg, 0, 0, int32(g.slot()))
}

// callLoop calls bpf_loop.
func (g *callGenerator) callLoop() {
	flags := int32(0)
	if g.rng.IntN(10) == 0 {
		flags = 1 // EINVAL
	}
	if g.rng.IntN(10) == 0 {
		g.emit(mov64|cfg.SrcX, 1, g.reg(), 0, 0)
		g.emit(cfg.ClassALU64|cfg.AluAND, 1, 0, 0, 15)
	} else {
		g.emit(mov64, 1, 0, 0, []int32{0, 1, 2, 3, 5, 7, 20, 1<<23 + 1, -1}[g.rng.IntN(9)])
	}
	g.callback(2, g.visitor, func() {
		g.emit(mov64|cfg.SrcX, ctxReg, 2, 0, 0)
		for r := 2; r <= 5; r++ {
			g.emit(load64, r, ctxReg, 0, 0)
		}
	})
	g.number(3)
	g.emit(mov64, 4, 0, 0, flags)
	g.emit(cfg.OpCALL, 0, 0, 0, 181)
	g.scratch()
}

// callForEach calls bpf_for_each_map_elem, whose function may change elements
// or delete the one that it sees.
func (g *callGenerator) callForEach() {
	index := g.rng.IntN(2)
	g.emit(cfg.OpLDIMM64, 1, cfg.ConstMap, 0, int32(index))
	g.insns = append(g.insns, cfg.Insn{})
	g.callback(2, true, func() {
		g.emit(mov64|cfg.SrcX, ctxReg, 4, 0, 0)
		g.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, 4, 2, 0, 0)
		g.emit(load64, 5, 3, 8*g.rng.IntN(2), 0)
		if g.rng.IntN(2) == 0 {
			g.emit(cfg.ClassSTX|cfg.ModeATOMIC|cfg.SizeDW, 3, 5, 8*g.rng.IntN(2), cfg.AtomicADD)
		}
		if index == 0 && g.rng.IntN(3) == 0 {
			g.emit(cfg.OpCALL, 0, 0, 0, 3) // map_delete_elem
			g.scratch()
			return
		}
		for r := 1; r <= 3; r++ {
			g.emit(mov64, r, 0, 0, g.imm())
		}
	})
	g.number(3)
	g.emit(mov64, 4, 0, 0, int32(g.rng.IntN(20)/19))
	g.emit(cfg.OpCALL, 0, 0, 0, 164)
	g.scratch()
}
