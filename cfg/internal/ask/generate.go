// Package ask makes malformed programs and asks the running kernel about them.
package ask

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Case is a program to ask about. Map 0 is an array of programs.
type Case struct {
	Insns []cfg.Insn
	Type  ebpf.ProgramType
	Caps  linux.Caps // of the process that loads it
}

// Recorded is a program with the verdicts of kernels.
type Recorded struct {
	Insns    string            `json:"insns"` // in hexadecimal, little endian
	Type     ebpf.ProgramType  `json:"type"`
	Caps     string            `json:"caps,omitempty"` // all when empty
	Verdicts map[string]Answer `json:"verdicts"`
}

// Answer is what a kernel says of a program.
type Answer struct {
	Errno   string `json:"errno"` // empty when it was accepted
	Message string `json:"msg"`   // the last line of the log but for statistics
}

// Generate returns the cases of a seed: first some for every field of every
// opcode, then random streams, then chains of calls with large frames, then
// program types. It always returns the same.
func Generate(seed uint64, random int) []Case {
	out := Fields()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range random {
		c := Case{Insns: stream(r), Type: ebpf.SocketFilter, Caps: linux.CapAll}
		if i%4 == 3 {
			c.Caps = linux.CapNone
		}
		out = append(out, c)
	}
	for i := range random / 4 {
		out = append(out, Case{Insns: chains(r), Type: chainTypes[i%len(chainTypes)], Caps: linux.CapAll})
	}
	return append(out, types()...)
}

// types returns the simplest program of each type, for processes of different
// rights.
func types() []Case {
	var out []Case
	for typ := ebpf.ProgramType(1); typ <= ebpf.Netfilter; typ++ {
		for _, caps := range []linux.Caps{linux.CapNone, linux.CapBPF, linux.CapBPF | linux.CapPerfmon, linux.CapBPF | linux.CapNetAdmin} {
			out = append(out, Case{Insns: []cfg.Insn{{Op: opMovK}, {Op: cfg.OpEXIT}}, Type: typ, Caps: caps})
		}
	}
	return out
}

// Fields returns programs with one instruction of interest each, which all
// registers but the frame pointer reach as zero.
func Fields() []Case {
	var out []Case
	for op := range 256 {
		for _, change := range fieldChanges {
			insn := cfg.Insn{Op: uint8(op), Regs: cfg.MakeRegs(1, 0)}
			insn.Regs, insn.Off, insn.Imm = change.regs, change.off, change.imm
			after := 0
			if insn.IsWide() {
				after = 1
			}
			out = append(out, Case{Insns: around(insn, after), Type: ebpf.SocketFilter, Caps: linux.CapAll})
		}
	}
	return out
}

var fieldChanges = []struct {
	regs uint8
	off  int16
	imm  int32
}{
	{},
	{regs: cfg.MakeRegs(1, 0)}, {regs: cfg.MakeRegs(0, 1)}, {regs: cfg.MakeRegs(0, 2)}, {regs: cfg.MakeRegs(2, 3)},
	{regs: cfg.MakeRegs(10, 0), off: -8}, {regs: cfg.MakeRegs(10, 1), off: -8}, {regs: cfg.MakeRegs(1, 10), off: -8},
	{regs: cfg.MakeRegs(11, 0)}, {regs: cfg.MakeRegs(0, 11)}, {regs: cfg.MakeRegs(15, 15)}, {regs: cfg.MakeRegs(12, 11)},
	{off: 1}, {off: -1}, {off: 8}, {off: 16}, {off: 32}, {off: 64},
	{regs: cfg.MakeRegs(1, 2), off: 1}, {regs: cfg.MakeRegs(1, 2), off: 8}, {regs: cfg.MakeRegs(1, 2), off: 16}, {regs: cfg.MakeRegs(1, 2), off: 32},
	{imm: 1}, {imm: 16}, {imm: 32}, {imm: 64}, {imm: -1}, {imm: 65536}, {imm: 12},
	{regs: cfg.MakeRegs(1, 2), imm: 1}, {regs: cfg.MakeRegs(1, 2), off: 1, imm: 1}, {regs: cfg.MakeRegs(1, 2), off: 1, imm: 65536},
	{regs: cfg.MakeRegs(1, 0), imm: 16}, {regs: cfg.MakeRegs(0, 0), off: 1, imm: 3}, {off: -1, imm: 1},
	{regs: cfg.MakeRegs(0, 3)}, {regs: cfg.MakeRegs(0, 4)}, {regs: cfg.MakeRegs(0, 5)}, {regs: cfg.MakeRegs(0, 6)}, {regs: cfg.MakeRegs(0, 7)}, {regs: cfg.MakeRegs(0, 8)},
	{regs: cfg.MakeRegs(10, 1), off: -8, imm: 1}, {regs: cfg.MakeRegs(10, 1), off: -8, imm: 0x50},
	{regs: cfg.MakeRegs(10, 1), off: -8, imm: 0xe1}, {regs: cfg.MakeRegs(10, 1), off: -8, imm: 0xf1},
	{regs: cfg.MakeRegs(10, 1), off: -8, imm: 0x100}, {regs: cfg.MakeRegs(10, 1), off: -8, imm: 0x110}, {regs: cfg.MakeRegs(1, 10), off: -8, imm: 0x100},
}

// FieldSlot is where the instruction of interest stands in programs of Fields.
const FieldSlot = 11

// around puts an instruction into a program that is fine but for it; after adds
// slots behind it.
func around(insn cfg.Insn, after int) []cfg.Insn {
	out := []cfg.Insn{{Op: cfg.ClassST | cfg.ModeMEM | cfg.SizeDW, Regs: 10, Off: -8}}
	for reg := range uint8(10) {
		out = append(out, cfg.Insn{Op: opMovK, Regs: reg})
	}
	out = append(out, insn)
	for range after {
		out = append(out, cfg.Insn{})
	}
	return append(out, cfg.Insn{Op: opMovK}, cfg.Insn{Op: opMovK}, cfg.Insn{Op: cfg.OpEXIT})
}

const opMovK = cfg.ClassALU64 | cfg.AluMOV

// stream makes a short program of jumps, calls and halves of instructions, most
// of which have some fault of structure.
func stream(r *rand.Rand) []cfg.Insn {
	n := 1 + r.IntN(12)
	out := make([]cfg.Insn, 0, n+2)
	for len(out) < n {
		out = append(out, piece(r, len(out), n)...)
	}
	if r.IntN(8) != 0 {
		out = append(out, cfg.Insn{Op: opMovK}, cfg.Insn{Op: cfg.OpEXIT})
	}
	if r.IntN(4) == 0 {
		spoil(r, &out[r.IntN(len(out))])
	}
	return out
}

func piece(r *rand.Rand, at, n int) []cfg.Insn {
	// Distance to a slot which mostly exists.
	delta := r.IntN(n+4) - at - 2
	if r.IntN(3) != 0 {
		delta = max(0, r.IntN(n-at+1))
	}
	one := func(i cfg.Insn) []cfg.Insn { return []cfg.Insn{i} }
	switch r.IntN(14) {
	case 0, 1:
		return one(cfg.Insn{Op: opMovK, Regs: uint8(r.IntN(3))})
	case 2, 3, 4:
		return one(cfg.Insn{Op: cfg.ClassJMP | cfg.JmpJEQ, Regs: 10 * uint8(r.IntN(2)), Off: int16(delta), Imm: int32(r.IntN(2))})
	case 5:
		return one(cfg.Insn{Op: cfg.OpJA, Off: int16(delta)})
	case 6:
		return one(cfg.Insn{Op: cfg.OpJA32, Imm: int32(delta)})
	case 7:
		return one(cfg.Insn{Op: cfg.OpEXIT})
	case 8, 9:
		return one(cfg.Insn{Op: cfg.OpCALL, Regs: cfg.CallLocal << 4, Imm: int32(delta)})
	case 10:
		return []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, cfg.ConstFunc), Imm: int32(delta)}, {}}
	case 11:
		return []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, 0), Imm: 1}, {Imm: 2}}
	case 12:
		return one(cfg.Insn{Op: cfg.OpMayGoto, Off: int16(delta)})
	}
	return one(cfg.Insn{Op: cfg.OpCALL, Imm: 5})
}

// spoil changes one field at random.
func spoil(r *rand.Rand, insn *cfg.Insn) {
	switch r.IntN(5) {
	case 0:
		insn.Op = uint8(r.IntN(256))
	case 1:
		insn.Regs = uint8(r.IntN(256))
	case 2:
		insn.Off = int16(r.IntN(5) - 2)
	case 3:
		insn.Imm = int32(r.IntN(5) - 2)
	default:
		insn.Op = cfg.OpLDIMM64
	}
}
