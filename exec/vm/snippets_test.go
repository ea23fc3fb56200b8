package vm_test

import (
	"fmt"

	"github.com/bpflint/bpflint/cfg"
)

// A snippet is an instruction, or the few that make its effect visible, which
// works on R6 and R7, R0 and the 8 bytes at R10-8. Run for every pair of edge
// values, its results are compared with a kernel's.
type snippet struct {
	name  string
	insns []cfg.Insn
}

// edges are values around which results change.
var edges = []uint64{
	0, 1, 2, 3, 7, 0x1f, 0x20, 0x21, 0x3f, 0x40, 0x41, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 0x1_8000_0000,
	0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 1<<63 - 1, 1 << 63, 1<<64 - 2, 1<<64 - 1,
}

// edgeImms are immediates around which results change.
var edgeImms = []int32{0, 1, 2, 7, 31, 32, 63, 64, 0xff, 0x7fff, 0x8000, 1<<31 - 1, -1 << 31, -2, -1}

const regA, regB = 6, 7

// caseBytes is what each case takes in the context: A, B, R0 and the stack
// slot's new value.
const caseBytes = 32

func reg(op uint8, off int16) cfg.Insn {
	return cfg.Insn{Op: op, Regs: cfg.MakeRegs(regA, regB), Off: off}
}

func imm(op uint8, off int16, k int32) cfg.Insn {
	return cfg.Insn{Op: op, Regs: cfg.MakeRegs(regA, 0), Off: off, Imm: k}
}

// snippets returns one snippet for each instruction, and for those with an
// immediate one for each edge.
func snippets() []snippet {
	var list []snippet
	add := func(name string, insns ...cfg.Insn) { list = append(list, snippet{name, insns}) }
	for _, class := range []uint8{cfg.ClassALU, cfg.ClassALU64} {
		addArithmetic(add, class)
	}
	for _, class := range []uint8{cfg.ClassJMP, cfg.ClassJMP32} {
		addJumps(add, class)
	}
	addMemory(add)
	addAtomics(add)
	one, two := imm(cfg.ClassALU64|cfg.AluMOV, 0, 1), imm(cfg.ClassALU64|cfg.AluMOV, 0, 2)
	equal := reg(cfg.ClassJMP|cfg.JmpJEQ|cfg.SrcX, 2)
	add("ja", equal, one, cfg.Insn{Op: cfg.OpJA, Off: 1}, two)
	add("gotol", equal, one, cfg.Insn{Op: cfg.OpJA32, Imm: 1}, two)
	add("lddw", imm(cfg.OpLDIMM64, 0, -2), cfg.Insn{Imm: 0x1234})
	return list
}

type adder func(name string, insns ...cfg.Insn)

func addArithmetic(add adder, class uint8) {
	wide := class == cfg.ClassALU64
	width := map[bool]string{true: "64", false: "32"}[wide]
	type alu struct {
		name string
		op   uint8
		off  int16
	}
	for _, a := range []alu{
		{"add", cfg.AluADD, 0}, {"sub", cfg.AluSUB, 0}, {"mul", cfg.AluMUL, 0}, {"div", cfg.AluDIV, 0},
		{"or", cfg.AluOR, 0}, {"and", cfg.AluAND, 0}, {"lsh", cfg.AluLSH, 0}, {"rsh", cfg.AluRSH, 0},
		{"mod", cfg.AluMOD, 0}, {"xor", cfg.AluXOR, 0}, {"mov", cfg.AluMOV, 0}, {"arsh", cfg.AluARSH, 0},
		{"sdiv", cfg.AluDIV, 1}, {"smod", cfg.AluMOD, 1},
	} {
		add(a.name+width+" reg", reg(class|a.op|cfg.SrcX, a.off))
		for _, k := range edgeImms {
			division := a.op == cfg.AluDIV || a.op == cfg.AluMOD
			shift := a.op == cfg.AluLSH || a.op == cfg.AluRSH || a.op == cfg.AluARSH
			if division && k == 0 || shift && (k < 0 || k > 31 && !wide || k > 63) {
				continue // the verifier refuses them
			}
			add(fmt.Sprintf("%s%s %d", a.name, width, k), imm(class|a.op, a.off, k))
		}
	}
	add("neg"+width, imm(class|cfg.AluNEG, 0, 0))
	for _, bits := range []int32{16, 32, 64} {
		add(fmt.Sprintf("end%s %d", width, bits), imm(class|cfg.AluEND, 0, bits))
		if !wide {
			add(fmt.Sprintf("be %d", bits), imm(class|cfg.AluEND|cfg.SrcX, 0, bits))
		}
		if b := int16(bits / 2); b < 32 || wide {
			add(fmt.Sprintf("movsx%s %d", width, b), reg(class|cfg.AluMOV|cfg.SrcX, b))
		}
	}
}

func addJumps(add adder, class uint8) {
	set := imm(cfg.ClassALU64|cfg.AluMOV, 0, 77) // skipped when the jump is taken
	for op := uint8(cfg.JmpJEQ); op <= cfg.JmpJSLE; op += 0x10 {
		if op == cfg.JmpCALL || op == cfg.JmpEXIT {
			continue
		}
		add(fmt.Sprintf("jump %#02x reg", class|op), reg(class|op|cfg.SrcX, 1), set)
		for _, k := range edgeImms {
			add(fmt.Sprintf("jump %#02x %d", class|op, k), imm(class|op, 1, k), set)
		}
	}
}

func addMemory(add adder) {
	for _, size := range []uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW, cfg.SizeDW} {
		fp := func(op uint8, k int32) cfg.Insn {
			return cfg.Insn{Op: op | size, Regs: cfg.MakeRegs(cfg.FP, regB), Off: -8, Imm: k}
		}
		load := cfg.Insn{Regs: cfg.MakeRegs(regA, cfg.FP), Off: -8}
		load.Op = cfg.ClassLDX | cfg.ModeMEM | size
		add(fmt.Sprintf("load %#02x", size), load)
		if size != cfg.SizeDW {
			load.Op = cfg.ClassLDX | cfg.ModeMEMSX | size
			add(fmt.Sprintf("load signed %#02x", size), load)
		}
		add(fmt.Sprintf("store %#02x", size), fp(cfg.ClassSTX|cfg.ModeMEM, 0))
		for _, k := range edgeImms {
			st := fp(cfg.ClassST|cfg.ModeMEM, k)
			st.Regs = cfg.FP
			add(fmt.Sprintf("store %#02x %d", size, k), st)
		}
	}
}

func addAtomics(add adder) {
	for _, size := range []uint8{cfg.SizeW, cfg.SizeDW} {
		for _, op := range []int32{
			cfg.AtomicADD, cfg.AtomicOR, cfg.AtomicAND, cfg.AtomicXOR,
			cfg.AtomicADD | cfg.AtomicFETCH, cfg.AtomicOR | cfg.AtomicFETCH,
			cfg.AtomicAND | cfg.AtomicFETCH, cfg.AtomicXOR | cfg.AtomicFETCH,
			cfg.AtomicXCHG, cfg.AtomicCMPXCHG,
		} {
			add(fmt.Sprintf("atomic %#02x %#02x", size, op), cfg.Insn{
				Op: cfg.ClassSTX | cfg.ModeATOMIC | size, Regs: cfg.MakeRegs(cfg.FP, regB), Off: -8, Imm: op,
			})
		}
	}
	for _, size := range []uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW, cfg.SizeDW} {
		op := cfg.ClassSTX | cfg.ModeATOMIC | size
		add(fmt.Sprintf("load acquire %#02x", size),
			cfg.Insn{Op: op, Regs: cfg.MakeRegs(regA, cfg.FP), Off: -8, Imm: cfg.AtomicLoadACQ})
		add(fmt.Sprintf("store release %#02x", size),
			cfg.Insn{Op: op, Regs: cfg.MakeRegs(cfg.FP, regB), Off: -8, Imm: cfg.AtomicStoreREL})
	}
}

// program runs a snippet on every case of the context, one after the other.
// R9 is the context.
func (s *snippet) program(cases int) []cfg.Insn {
	ctx := func(op uint8, reg uint8, off int) cfg.Insn {
		if op == cfg.ClassLDX {
			return cfg.Insn{Op: op | cfg.ModeMEM | cfg.SizeDW, Regs: cfg.MakeRegs(reg, 9), Off: int16(off)}
		}
		return cfg.Insn{Op: op | cfg.ModeMEM | cfg.SizeDW, Regs: cfg.MakeRegs(9, reg), Off: int16(off)}
	}
	list := []cfg.Insn{{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcX, Regs: cfg.MakeRegs(9, 1)}}
	for i := range cases {
		at := i * caseBytes
		list = append(list,
			ctx(cfg.ClassLDX, regA, at),
			cfg.Insn{Op: cfg.ClassSTX | cfg.ModeMEM | cfg.SizeDW, Regs: cfg.MakeRegs(cfg.FP, regA), Off: -8},
			ctx(cfg.ClassLDX, regB, at+8),
			ctx(cfg.ClassLDX, 0, at+16))
		list = append(list, s.insns...)
		list = append(list,
			ctx(cfg.ClassSTX, regA, at),
			ctx(cfg.ClassSTX, regB, at+8),
			ctx(cfg.ClassSTX, 0, at+16),
			cfg.Insn{Op: cfg.ClassLDX | cfg.ModeMEM | cfg.SizeDW, Regs: cfg.MakeRegs(1, cfg.FP), Off: -8},
			ctx(cfg.ClassSTX, 1, at+24))
	}
	return append(list,
		cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV}, cfg.Insn{Op: cfg.OpEXIT})
}
