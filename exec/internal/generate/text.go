package generate

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

const (
	formatCount = 128
	formatLen   = 64
	dataLen     = 8 * 4 // of what formats print
)

// TextMaps are what programs that work with text use.
func TextMaps() []*ebpf.MapSpec {
	const readOnlyProgram = 1 << 7
	return []*ebpf.MapSpec{{
		Name: ".rodata.formats", Type: ebpf.Array, KeySize: 4, ValueSize: formatCount * formatLen, MaxEntries: 1, Flags: readOnlyProgram,
		Contents: []ebpf.MapKV{{Key: uint32(0), Value: formats()}},
	}}
}

// formats are strings with conversions, the same for all programs. None prints an
// address as a number. Every second takes addresses; nothing can be read there.
func formats() []byte {
	r := rand.New(rand.NewPCG(0, 11))
	all := make([]byte, formatCount*formatLen)
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for i := range formatCount {
		text := ""
		for range 1 + r.IntN(3) {
			text += pick("", "", "x", ": ", "\t", "%%") + "%" + pick("", "", "", "-", "0", "+", " ", "+0", "- ") +
				pick("", "", "1", "3", "7", "09", "20") + pick("d", "i", "u", "x", "X", "ld", "lli", "lu", "llx", "lX", "c")
		}
		if i%50 == 0 {
			text += pick("%lc", "%#x", "%", "%hd") // refused
		}
		// What follows one of these is taken from the wrong place when there is no room.
		if i%2 > 0 {
			text += pick("%s", "%7s", "%-5s", "%pks", "%3pI4", "%pi4:", "%pI6", "%0pi6 x")
		}
		copy(all[i*formatLen:][:formatLen-1], text)
	}
	return all
}

// Text makes the program of a seed, of type syscall, that reads and writes numbers
// as text.
func Text(seed uint64) []cfg.Insn {
	g := &textGenerator{generator{rng: rand.New(rand.NewPCG(seed, 12))}}
	g.begin()
	for range 4 + g.rng.IntN(25) {
		switch n := g.rng.IntN(10); {
		case n < 2:
			g.arithmetic()
		case n < 4:
			g.stack()
		case n < 7:
			g.parse()
		case n < 8:
			g.compare()
		default:
			g.print()
		}
	}
	g.end()
	return g.insns
}

type textGenerator struct{ generator }

// put stores a text into a stack slot, or what of it fits.
func (g *textGenerator) put(off int) {
	const letters = "0123456789abcdefxX+- \n\x00\x000011779-"
	for i := range 2 {
		var word uint32
		for range 4 {
			word = word<<8 | uint32(letters[g.rng.IntN(len(letters))])
		}
		g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, cfg.FP, 0, off+4*i, int32(word))
	}
}

func (g *textGenerator) pointer(reg, off int) {
	g.emit(mov64|cfg.SrcX, reg, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, reg, 0, 0, int32(off))
}

// format points a register to a string of the map.
func (g *textGenerator) format(reg, n int) {
	g.emit(cfg.OpLDIMM64, reg, cfg.ConstMapValue, 0, 0)
	g.insns = append(g.insns, cfg.Insn{Imm: int32(formatLen * n)})
}

// leave keeps what a helper returned in a register, and gives numbers to those that
// the call left without.
func (g *textGenerator) leave() {
	g.emit(mov64|cfg.SrcX, 6+g.rng.IntN(3), 0, 0, 0)
	for r := 1; r <= 5; r++ {
		g.emit(mov64, r, 0, 0, g.imm())
	}
}

// parse calls bpf_strtol or bpf_strtoul with up to 16 letters.
func (g *textGenerator) parse() {
	at := -8 * stackSlots
	if g.rng.IntN(8) > 0 {
		g.put(at)
		g.put(at + 8)
	}
	g.pointer(1, at+g.rng.IntN(2)*g.rng.IntN(8))
	g.emit(mov64, 2, 0, 0, int32(1+g.rng.IntN(10)))
	if g.rng.IntN(4) == 0 {
		g.emit(mov64, 2, 0, 0, int32(1+g.rng.IntN(24)))
	}
	g.emit(mov64, 3, 0, 0, []int32{0, 8, 10, 16, 0, 10, 16, 1, 2, 32, 10 + 32}[g.rng.IntN(11)])
	g.pointer(4, -8)
	g.emit(cfg.OpCALL, 0, 0, 0, int32(105+g.rng.IntN(2)))
	g.leave()
}

// compare calls bpf_strncmp.
func (g *textGenerator) compare() {
	at := -8 * stackSlots
	if g.rng.IntN(2) == 0 {
		g.put(at)
		g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeB, cfg.FP, 0, at, int32("%x: \t"[g.rng.IntN(5)]))
	}
	g.pointer(1, at)
	g.emit(mov64, 2, 0, 0, int32(1+g.rng.IntN(16)))
	g.format(3, g.rng.IntN(formatCount))
	g.emit(cfg.OpCALL, 0, 0, 0, 182)
	g.leave()
}

// print calls bpf_snprintf.
func (g *textGenerator) print() {
	n := g.rng.IntN(formatCount)
	if n%2 > 0 { // addresses at which no process has memory
		for off := -dataLen; off < 0; off += 8 {
			g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, cfg.FP, 0, off+4, 0)
			g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeH, cfg.FP, 0, off+2, 0)
		}
	}
	g.pointer(1, -8*stackSlots)
	g.emit(mov64, 2, 0, 0, int32(g.rng.IntN(8*stackSlots/2)))
	g.format(3, n)
	g.pointer(4, -dataLen)
	g.emit(mov64, 5, 0, 0, int32(dataLen-8*(g.rng.IntN(40)/39)))
	g.emit(cfg.OpCALL, 0, 0, 0, 165)
	g.leave()
}
