package prog

import (
	"fmt"
	"math"

	"github.com/cilium/ebpf/asm"

	"github.com/bpflint/bpflint/cfg"
)

// appendSlots appends the one or two slots of an instruction. Bits that mean
// nothing to cilium/ebpf are kept: the verifier is to see them.
func appendSlots(slots []cfg.Insn, ins *asm.Instruction) ([]cfg.Insn, error) {
	if ins.OpCode == asm.InvalidOpCode || ins.Dst > 15 || ins.Src > 15 {
		return nil, fmt.Errorf("no such instruction: opcode %#x, registers %d and %d", uint32(ins.OpCode), ins.Dst, ins.Src)
	}
	slot := cfg.Insn{
		Op:   uint8(ins.OpCode),
		Regs: cfg.MakeRegs(uint8(ins.Dst), uint8(ins.Src)),
		Off:  ins.Offset,
		Imm:  int32(ins.Constant),
	}
	switch class := ins.OpCode.Class(); {
	case class.IsALU():
		if off, ok := aluOffsets[ins.OpCode.ALUOp()]; ok {
			slot.Off = off
		}
	case class == asm.StXClass && ins.OpCode.Mode() == asm.AtomicMode:
		slot.Imm |= int32(ins.OpCode.AtomicOp() >> 8)
	}
	slots = append(slots, slot)
	if ins.OpCode.IsDWordLoad() {
		slots = append(slots, cfg.Insn{Imm: int32(ins.Constant >> 32)})
	}
	return slots, nil
}

// aluOffsets has the operations that cilium/ebpf tells apart by opcode and the
// machine by the offset field (RFC 9669, section 4.1).
var aluOffsets = map[asm.ALUOp]int16{
	asm.SDiv: 1, asm.SMod: 1, asm.MovSX8: 8, asm.MovSX16: 16, asm.MovSX32: 32,
}

// symbolTable maps the symbols of a stream to the slots that carry them.
func symbolTable(insns asm.Instructions) (map[string]int, error) {
	table := make(map[string]int)
	for it := insns.Iterate(); it.Next(); {
		name := it.Ins.Symbol()
		if name == "" {
			continue
		}
		if _, dup := table[name]; dup {
			return nil, fmt.Errorf("symbol %s is defined twice", name)
		}
		table[name] = int(it.Offset)
	}
	return table, nil
}

// resolve makes a reference to a symbol of the stream relative to the
// instruction at slot. Field -1 marks what is not resolved yet.
func resolve(ins *asm.Instruction, slot int, symbols map[string]int) error {
	name := ins.Reference()
	longJump := ins.OpCode.Class() == asm.Jump32Class && ins.OpCode.JumpOp() == asm.Ja
	inConst := (ins.IsFunctionReference() || longJump) && ins.Constant == -1
	inOffset := !inConst && ins.OpCode.Class().IsJump() && ins.OpCode.JumpOp() != asm.Call && ins.Offset == -1
	if name == "" || !inConst && !inOffset {
		return nil
	}
	to, ok := symbols[name]
	if !ok {
		return fmt.Errorf("%s is not defined (extern function unresolved)", name)
	}
	rel := to - slot - 1
	if inConst {
		ins.Constant = int64(rel)
		return nil
	}
	if rel < math.MinInt16 || rel > math.MaxInt16 {
		return fmt.Errorf("jump to %s: distance %d does not fit 16 bits", name, rel)
	}
	ins.Offset = int16(rel)
	return nil
}
