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
	fixups, err := relocateSafely(relos, types, orderOf(types, l.order), l.types.id)
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

// relocateSafely turns a panic of the library, which hostile types may cause,
// into an error.
func relocateSafely(relos []*btf.CORERelocation, types *btf.Spec, order binary.ByteOrder, id func(btf.Type) (btf.TypeID, error)) (fixups []btf.COREFixup, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("broken types: %v", r)
		}
	}()
	return btf.CORERelocate(relos, []*btf.Spec{types}, order, id)
}

func (l *linker) applyFixup(ins *asm.Instruction, slot int, relo *btf.CORERelocation, fixup *btf.COREFixup) error {
	f := readFixup(fixup)
	if f.poison {
		poison(ins)
		l.note(NotePoisoned, slot, "CO-RE relocation without a match in kernel %s: %s", l.target.Kernel, relo)
		return nil
	}
	if err := f.apply(ins); err != nil {
		return fmt.Errorf("CO-RE: %s: %w", relo, err)
	}
	return nil
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
