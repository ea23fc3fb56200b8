package scalar

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/cfg"
)

// encode returns the wire form of instructions on a little-endian machine.
func encode(insns []cfg.Insn) []byte {
	var b []byte
	for _, i := range insns {
		b = append(b, i.Op, i.Regs)
		b = binary.LittleEndian.AppendUint16(b, uint16(i.Off))
		b = binary.LittleEndian.AppendUint32(b, uint32(i.Imm))
	}
	return b
}

func decode(b []byte) []cfg.Insn {
	var insns []cfg.Insn
	for ; len(b) >= 8; b = b[8:] {
		insns = append(insns, cfg.Insn{
			Op: b[0], Regs: b[1],
			Off: int16(binary.LittleEndian.Uint16(b[2:])), Imm: int32(binary.LittleEndian.Uint32(b[4:])),
		})
	}
	return insns
}

// shrink removes instructions as long as the program stays bad.
func shrink(insns []cfg.Insn, bad func([]cfg.Insn) bool) []cfg.Insn {
	for chunk := len(insns) / 2; chunk > 0; {
		removed := false
		for at := prologue; at+chunk <= len(insns); at++ {
			if smaller := remove(insns, at, at+chunk); smaller != nil && bad(smaller) {
				insns, removed = smaller, true
				at--
			}
		}
		if !removed {
			chunk /= 2
		}
	}
	return insns
}

// remove cuts instructions out of a program and mends the jumps over them; it
// returns nil when a jump leads into the gap.
func remove(insns []cfg.Insn, from, to int) []cfg.Insn {
	out := slices.Delete(slices.Clone(insns), from, to)
	for at, i := range insns {
		if at >= from && at < to || i.Op == cfg.OpEXIT || i.Class() != cfg.ClassJMP && i.Class() != cfg.ClassJMP32 {
			continue
		}
		target := at + 1 + int(i.Off)
		if target > from && target < to || target >= len(insns) {
			return nil
		}
		if at < from && target >= to {
			out[at].Off -= int16(to - from)
		}
	}
	return out
}

func listing(insns []cfg.Insn) string {
	var b strings.Builder
	for at, i := range insns {
		fmt.Fprintf(&b, "%3d: %02x dst=R%d src=R%d off=%d imm=%#x\n", at, i.Op, i.Dst(), i.Src(), i.Off, uint32(i.Imm))
	}
	return b.String()
}
