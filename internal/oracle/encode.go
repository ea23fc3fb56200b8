package oracle

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/cfg"
)

// bigEndian is the byte order of this machine.
var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// encode appends instructions in the layout that this machine's kernel reads.
// An index into fds in a constant that refers to a map is replaced by the map's
// descriptor; one that is out of range is left to the kernel to refuse.
func encode(buf []uint64, insns []cfg.Insn, fds []int32) []uint64 {
	for i := 0; i < len(insns); i++ {
		ins := insns[i]
		if ins.Op != cfg.OpLDIMM64 {
			buf = append(buf, pack(ins))
			continue
		}
		if refersToMap(ins) {
			ins.Imm = descriptor(fds, ins.Imm)
		}
		buf = append(buf, pack(ins))
		if i++; i < len(insns) {
			buf = append(buf, pack(insns[i]))
		}
	}
	return buf
}

func refersToMap(ins cfg.Insn) bool {
	return ins.Src() == cfg.ConstMap || ins.Src() == cfg.ConstMapValue
}

func descriptor(fds []int32, index int32) int32 {
	if index < 0 || int(index) >= len(fds) {
		return -1
	}
	return fds[index]
}

// pack gives one slot as a word of this machine.
func pack(ins cfg.Insn) uint64 {
	if bigEndian {
		regs := ins.Regs<<4 | ins.Regs>>4
		return uint64(ins.Op)<<56 | uint64(regs)<<48 | uint64(uint16(ins.Off))<<32 | uint64(uint32(ins.Imm))
	}
	return uint64(ins.Op) | uint64(ins.Regs)<<8 | uint64(uint16(ins.Off))<<16 | uint64(uint32(ins.Imm))<<32
}
