package prog

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// relocate applies the CO-RE relocations of insns against the target's types.
// One that has no match leaves a poisoned instruction, as loaders do, and a
// note.
func (l *linker) relocate(insns asm.Instructions) error {
	var relos []*btf.CORERelocation
	var at []*asm.Instruction
	var slots []int
	for it := insns.Iterate(); it.Next(); {
		if relo := btf.CORERelocationMetadata(it.Ins); relo != nil {
			relos = append(relos, relo)
			at = append(at, it.Ins)
			slots = append(slots, int(it.Offset))
		}
	}
	if len(relos) == 0 {
		return nil
	}
	types, err := l.target.needTypes("CO-RE")
	if err != nil {
		return err
	}
	fixups, err := btf.CORERelocate(relos, []*btf.Spec{types}, orderOf(types, l.order), l.types.id)
	if err != nil {
		return fmt.Errorf("CO-RE: %w", err)
	}
	for i := range fixups {
		if err := l.applyFixup(at[i], slots[i], relos[i], &fixups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *linker) applyFixup(ins *asm.Instruction, slot int, relo *btf.CORERelocation, fixup *btf.COREFixup) error {
	meta := ins.Metadata
	if err := fixup.Apply(ins); err != nil {
		return fmt.Errorf("CO-RE: %s: %w", relo, err)
	}
	if poisoned(ins) {
		// The poison drops the metadata, and with it the name of a function
		// that begins here.
		ins.Metadata = meta
		l.note(NotePoisoned, slot, "CO-RE relocation without a match in kernel %s: %s", l.target.Kernel, relo)
	}
	return nil
}

// poisoned reports whether a CO-RE fixup made the instruction one that every
// kernel refuses.
func poisoned(ins *asm.Instruction) bool {
	if ins.OpCode.IsDWordLoad() {
		return ins.Dst == asm.R10
	}
	return ins.IsBuiltinCall() && ins.Constant == btf.COREBadRelocationSentinel
}

// orderOf returns the byte order of the kernel's types: programs of the other
// order are relocated against them all the same, since the layout of types is
// what matters to a linter.
func orderOf(types *btf.Spec, order binary.ByteOrder) binary.ByteOrder {
	for _, o := range []binary.ByteOrder{order, binary.LittleEndian, binary.BigEndian} {
		if _, err := btf.CORERelocate(nil, []*btf.Spec{types}, o, nil); err == nil {
			return o
		}
	}
	return order
}
