package vm_test

import (
	"bytes"
	"encoding/binary"

	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/cfg"
)

// computeProgram is a program without maps and helpers that a kernel accepts
// too. R1 is a context of which nothing is used.
type computeProgram struct {
	name  string
	insns asm.Instructions
	want  uint64 // low 32 bits of R0
}

// slots encodes assembler instructions for the host that Load expects.
func slots(insns asm.Instructions) []cfg.Insn {
	var buf bytes.Buffer
	// Marshal resolves labels only through this method's encoding.
	if err := insns.Marshal(&buf, binary.LittleEndian); err != nil {
		panic(err)
	}
	raw := buf.Bytes()
	out := make([]cfg.Insn, len(raw)/8)
	for i := range out {
		b := raw[8*i:]
		out[i] = cfg.Insn{
			Op: b[0], Regs: b[1],
			Off: int16(binary.LittleEndian.Uint16(b[2:])),
			Imm: int32(binary.LittleEndian.Uint32(b[4:])),
		}
	}
	return out
}

var computePrograms = []computeProgram{
	{"hash", hashProgram(), 0xfb8b371a},
	{"sieve", sieveProgram(), 54},
}

// hashProgram runs 1000 rounds of FNV-1a with a rotation over a counter.
func hashProgram() asm.Instructions {
	return asm.Instructions{
		asm.LoadImm(asm.R0, -3750763034362895579, asm.DWord),
		asm.LoadImm(asm.R6, 1099511628211, asm.DWord),
		asm.Mov.Imm(asm.R1, 1000),
		asm.Xor.Reg(asm.R0, asm.R1).WithSymbol("loop"),
		asm.Mul.Reg(asm.R0, asm.R6),
		asm.Mov.Reg(asm.R2, asm.R0),
		asm.LSh.Imm(asm.R2, 13),
		asm.RSh.Imm(asm.R0, 51),
		asm.Or.Reg(asm.R0, asm.R2),
		asm.Add.Imm(asm.R0, 0x1234567),
		asm.Sub.Imm(asm.R1, 1),
		asm.JNE.Imm(asm.R1, 0, "loop"),
		asm.Return(),
	}
}

// sieveProgram counts primes below 256 with one byte each on the stack.
func sieveProgram() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R1, 0),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("clear"),
		asm.Sub.Reg(asm.R2, asm.R1),
		asm.StoreMem(asm.R2, -8, asm.R3, asm.DWord),
		asm.Add.Imm(asm.R1, 8),
		asm.JLT.Imm(asm.R1, 256, "clear"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Mov.Imm(asm.R1, 2),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("next"),
		asm.Sub.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R3, asm.R2, -1, asm.Byte),
		asm.JNE.Imm(asm.R3, 0, "skip"),
		asm.Add.Imm(asm.R0, 1),
		asm.Mov.Reg(asm.R4, asm.R1),
		asm.Add.Reg(asm.R4, asm.R1),
		asm.JGE.Imm(asm.R4, 256, "skip"),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("mark"),
		asm.Sub.Reg(asm.R2, asm.R4),
		asm.StoreImm(asm.R2, -1, 1, asm.Byte),
		asm.Add.Reg(asm.R4, asm.R1),
		asm.JLT.Imm(asm.R4, 256, "mark"),
		asm.Add.Imm(asm.R1, 1).WithSymbol("skip"),
		asm.JLT.Imm(asm.R1, 256, "next"),
		asm.Return(),
	}
}
