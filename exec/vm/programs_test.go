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
	// deep says that the verifier finds too many paths.
	deep bool
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
	{"hash", hashProgram(), 0xfb8b371a, false},
	{"sieve", sieveProgram(), 54, true},
	{"sort", sortProgram(), 0xe27c5fe8, true},
	{"parse", parseProgram(), 0x2c7a2d58, false},
	{"bits", bitsProgram(), 0xa8c2a5ee, false},
	{"copy", copyProgram(), 0xe691ed7c, false},
	{"calls", callsProgram(), 0x7afdc0, false},
	{"divide", divideProgram(), 0xe8fbd4b4, false},
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
		asm.Add.Reg(asm.R2, asm.R1),
		asm.StoreMem(asm.R2, -256, asm.R3, asm.DWord),
		asm.Add.Imm(asm.R1, 8),
		asm.JLT.Imm(asm.R1, 256, "clear"),
		asm.Mov.Imm(asm.R0, 0),
		asm.Mov.Imm(asm.R1, 2),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("next"),
		asm.Add.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R3, asm.R2, -256, asm.Byte),
		asm.JNE.Imm(asm.R3, 0, "skip"),
		asm.Add.Imm(asm.R0, 1),
		asm.Mov.Reg(asm.R4, asm.R1),
		asm.Add.Reg(asm.R4, asm.R1),
		asm.JGE.Imm(asm.R4, 256, "skip"),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("mark"),
		asm.Add.Reg(asm.R2, asm.R4),
		asm.StoreImm(asm.R2, -256, 1, asm.Byte),
		asm.Add.Reg(asm.R4, asm.R1),
		asm.JLT.Imm(asm.R4, 256, "mark"),
		asm.Add.Imm(asm.R1, 1).WithSymbol("skip"),
		asm.JLT.Imm(asm.R1, 256, "next"),
		asm.Return(),
	}
}

// sortProgram fills 32 words of the stack with a linear congruence, sorts them
// by selection and returns a checksum of their order.
func sortProgram() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R1, 0),
		asm.Mov.Imm(asm.R3, 12345),
		asm.Mul.Imm32(asm.R3, 1103515245).WithSymbol("fill"),
		asm.Add.Imm32(asm.R3, 12345),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Reg(asm.R2, asm.R1),
		asm.StoreMem(asm.R2, -256, asm.R3, asm.DWord),
		asm.Add.Imm(asm.R1, 8),
		asm.JLT.Imm(asm.R1, 256, "fill"),
		asm.Mov.Imm(asm.R1, 0),
		asm.Mov.Reg(asm.R2, asm.R10).WithSymbol("outer"),
		asm.Add.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R3, asm.R2, -256, asm.DWord),
		asm.Mov.Reg(asm.R4, asm.R1),
		asm.Add.Imm(asm.R4, 8),
		asm.JGE.Imm(asm.R4, 256, "done"),
		asm.Mov.Reg(asm.R5, asm.R10).WithSymbol("inner"),
		asm.Add.Reg(asm.R5, asm.R4),
		asm.LoadMem(asm.R6, asm.R5, -256, asm.DWord),
		asm.JLE.Reg(asm.R3, asm.R6, "next"),
		asm.StoreMem(asm.R5, -256, asm.R3, asm.DWord),
		asm.Mov.Reg(asm.R3, asm.R6),
		asm.Add.Imm(asm.R4, 8).WithSymbol("next"),
		asm.JLT.Imm(asm.R4, 256, "inner"),
		asm.StoreMem(asm.R2, -256, asm.R3, asm.DWord),
		asm.Add.Imm(asm.R1, 8),
		asm.Ja.Label("outer"),
		asm.LoadMem(asm.R0, asm.R10, -8, asm.DWord).WithSymbol("done"),
		asm.LoadMem(asm.R1, asm.R10, -256, asm.DWord),
		asm.LSh.Imm(asm.R1, 1),
		asm.Xor.Reg(asm.R0, asm.R1),
		asm.Return(),
	}
}

// parseProgram writes an IPv4 header to the stack and parses it 100 times:
// length, protocol, addresses, checksum.
func parseProgram() asm.Instructions {
	list := asm.Instructions{asm.Mov.Imm(asm.R7, 100), asm.Mov.Imm(asm.R0, 0)}
	for i, word := range []int64{0x3c000045, 0x0040f2b1, 0x00000640, 0x0100000a, 0x0200000a} {
		list = append(list, asm.StoreImm(asm.R10, int16(-24+4*i), word, asm.Word))
	}
	list = append(list,
		asm.LoadMem(asm.R1, asm.R10, -24, asm.Byte).WithSymbol("packet"),
		asm.Mov.Reg(asm.R2, asm.R1),
		asm.RSh.Imm(asm.R2, 4),
		asm.JNE.Imm(asm.R2, 4, "skip"),
		asm.And.Imm(asm.R1, 15),
		asm.JLT.Imm(asm.R1, 5, "skip"),
		asm.LoadMem(asm.R2, asm.R10, -22, asm.Half),
		asm.HostTo(asm.BE, asm.R2, asm.Half),
		asm.LoadMem(asm.R3, asm.R10, -15, asm.Byte),
		asm.JEq.Imm(asm.R3, 17, "skip"),
		asm.LoadMem(asm.R4, asm.R10, -12, asm.Word),
		asm.LoadMem(asm.R5, asm.R10, -8, asm.Word),
		asm.Xor.Reg(asm.R4, asm.R5),
		asm.Add.Reg(asm.R0, asm.R2),
		asm.Add.Reg(asm.R0, asm.R4))
	for i := range int16(10) {
		list = append(list, asm.LoadMem(asm.R6, asm.R10, -24+2*i, asm.Half), asm.Add.Reg(asm.R0, asm.R6))
	}
	return append(list,
		asm.Sub.Imm(asm.R7, 1).WithSymbol("skip"),
		asm.JNE.Imm(asm.R7, 0, "packet"),
		asm.Return())
}

// bitsProgram counts bits and swaps bytes of 200 numbers.
func bitsProgram() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R7, 200),
		asm.Mov.Imm(asm.R0, 0),
		asm.LoadImm(asm.R6, -7046029254386353131, asm.DWord),
		asm.LoadImm(asm.R8, 0x5555555555555555, asm.DWord),
		asm.LoadImm(asm.R9, 0x3333333333333333, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("next"),
		asm.Mul.Reg(asm.R1, asm.R7),
		asm.Mov.Reg(asm.R2, asm.R1),
		asm.RSh.Imm(asm.R2, 1),
		asm.And.Reg(asm.R2, asm.R8),
		asm.Mov.Reg(asm.R3, asm.R1),
		asm.Sub.Reg(asm.R3, asm.R2),
		asm.Mov.Reg(asm.R2, asm.R3),
		asm.And.Reg(asm.R2, asm.R9),
		asm.RSh.Imm(asm.R3, 2),
		asm.And.Reg(asm.R3, asm.R9),
		asm.Add.Reg(asm.R2, asm.R3),
		asm.HostTo(asm.BE, asm.R1, asm.DWord),
		asm.Xor.Reg(asm.R1, asm.R2),
		asm.Add.Reg(asm.R0, asm.R1),
		asm.Sub.Imm(asm.R7, 1),
		asm.JNE.Imm(asm.R7, 0, "next"),
		asm.Return(),
	}
}

// copyProgram copies 128 bytes of the stack 20 times, word by word, and adds
// them up.
func copyProgram() asm.Instructions {
	list := asm.Instructions{asm.Mov.Imm(asm.R7, 20), asm.Mov.Imm(asm.R0, 0), asm.Mov.Imm(asm.R1, 77)}
	for i := range int16(16) {
		list = append(list, asm.StoreMem(asm.R10, -128+8*i, asm.R1, asm.DWord), asm.Mul.Imm(asm.R1, 31))
	}
	for i := range int16(16) {
		load := asm.LoadMem(asm.R1, asm.R10, -128+8*i, asm.DWord)
		if i == 0 {
			load = load.WithSymbol("again")
		}
		list = append(list, load, asm.StoreMem(asm.R10, -256+8*i, asm.R1, asm.DWord))
	}
	return append(list,
		asm.LoadMem(asm.R1, asm.R10, -200, asm.DWord),
		asm.Add.Reg(asm.R0, asm.R1),
		asm.Sub.Imm(asm.R7, 1),
		asm.JNE.Imm(asm.R7, 0, "again"),
		asm.Return())
}

// callsProgram calls a function 200 times.
func callsProgram() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R6, 200),
		asm.Mov.Imm(asm.R7, 0),
		asm.Mov.Reg(asm.R1, asm.R6).WithSymbol("again"),
		asm.Mov.Reg(asm.R2, asm.R7),
		asm.Call.Label("mix"),
		asm.Mov.Reg(asm.R7, asm.R0),
		asm.Sub.Imm(asm.R6, 1),
		asm.JNE.Imm(asm.R6, 0, "again"),
		asm.Mov.Reg(asm.R0, asm.R7),
		asm.Return(),
		asm.Mov.Reg(asm.R0, asm.R1).WithSymbol("mix"),
		asm.Mul.Imm(asm.R0, 40503),
		asm.Xor.Reg(asm.R0, asm.R2),
		asm.Return(),
	}
}

// divideProgram runs Euclid's algorithm and sums of quotients.
func divideProgram() asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R6, 100),
		asm.Mov.Imm(asm.R0, 0),
		asm.LoadImm(asm.R1, 12586269025, asm.DWord).WithSymbol("again"), // Fibonacci numbers 50 and 49
		asm.LoadImm(asm.R2, 7778742049, asm.DWord),
		asm.Mov.Imm(asm.R4, 12),
		asm.Mov.Reg(asm.R3, asm.R1).WithSymbol("step"),
		asm.Mod.Reg(asm.R3, asm.R2),
		asm.Mov.Reg(asm.R5, asm.R1),
		asm.Div.Reg(asm.R5, asm.R2),
		asm.Add.Reg(asm.R0, asm.R5),
		asm.Mov.Reg(asm.R1, asm.R2),
		asm.Mov.Reg(asm.R2, asm.R3),
		asm.Sub.Imm(asm.R4, 1),
		asm.JNE.Imm(asm.R4, 0, "step"),
		asm.Add.Reg(asm.R0, asm.R1),
		asm.Sub.Imm(asm.R6, 1),
		asm.JNE.Imm(asm.R6, 0, "again"),
		asm.Return(),
	}
}
