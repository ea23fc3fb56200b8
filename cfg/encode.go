package cfg

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf/asm"
)

// InsnSize is the size of one slot in bytes.
const InsnSize = 8

// Decode splits raw bytes into slots. It fails only when their number is not a
// multiple of InsnSize; what the slots mean is not looked at.
func Decode(raw []byte, order binary.ByteOrder) ([]Insn, error) {
	if len(raw)%InsnSize != 0 {
		return nil, fmt.Errorf("%d bytes of instructions: not a multiple of %d", len(raw), InsnSize)
	}
	insns := make([]Insn, len(raw)/InsnSize)
	for i := range insns {
		slot := raw[i*InsnSize:]
		insns[i] = Insn{
			Op:   slot[0],
			Regs: swapRegs(slot[1], order),
			Off:  int16(order.Uint16(slot[2:])),
			Imm:  int32(order.Uint32(slot[4:])),
		}
	}
	return insns, nil
}

// Encode is the inverse of Decode.
func Encode(insns []Insn, order binary.ByteOrder) []byte {
	raw := make([]byte, len(insns)*InsnSize)
	for i, insn := range insns {
		slot := raw[i*InsnSize:]
		slot[0] = insn.Op
		slot[1] = swapRegs(insn.Regs, order)
		order.PutUint16(slot[2:], uint16(insn.Off))
		order.PutUint32(slot[4:], uint32(insn.Imm))
	}
	return raw
}

// swapRegs converts between a slot's second byte and Insn.Regs. The two
// registers are bit fields, whose places follow the byte order.
func swapRegs(b byte, order binary.ByteOrder) byte {
	if order.Uint16([]byte{0, 1}) == 1 { // big endian
		return b<<4 | b>>4
	}
	return b
}

// FromAsm converts instructions of cilium/ebpf. Their references must be
// resolved, as they are after a program was linked.
func FromAsm(insns asm.Instructions) ([]Insn, error) {
	var raw bytes.Buffer
	raw.Grow(len(insns) * InsnSize)
	if err := insns.Marshal(&raw, binary.LittleEndian); err != nil {
		return nil, fmt.Errorf("encode instructions: %w", err)
	}
	return Decode(raw.Bytes(), binary.LittleEndian)
}
