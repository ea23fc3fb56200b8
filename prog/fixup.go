package prog

import (
	"fmt"
	"math"
	"reflect"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// fixup is the outcome of one CO-RE relocation: a value that the compiler wrote
// and the one that belongs there.
type fixup struct {
	local, target uint64
	poison        bool // there is none
	unchecked     bool // the compiler's value need not be what is expected
}

// readFixup reads the fields of cilium/ebpf's type, which it does not export.
// Its own method Apply works on Linux only, while a target's programs can be
// linked anywhere.
func readFixup(f *btf.COREFixup) fixup {
	v := reflect.ValueOf(f).Elem()
	return fixup{
		local:     v.FieldByName("local").Uint(),
		target:    v.FieldByName("target").Uint(),
		poison:    v.FieldByName("poison").Bool(),
		unchecked: v.FieldByName("skipLocalValidation").Bool() || isTypeID(v.FieldByName("kind").Uint()),
	}
}

// isTypeID reports whether a relocation (enum bpf_core_relo_kind) is for the ID of
// a type. Static linking renumbers types and leaves the constants as they are, so
// libbpf does not compare them.
func isTypeID(kind uint64) bool {
	const local, target = 6, 7
	return kind == local || kind == target
}

// apply puts the value into the field of the instruction that holds it: the
// offset of a load or store, the constant of the others.
func (f fixup) apply(ins *asm.Instruction) error {
	switch class := ins.OpCode.Class(); {
	case class == asm.LdXClass || class == asm.StClass || class == asm.StXClass:
		if !f.unchecked && int64(ins.Offset) != int64(int16(f.local)) {
			return fmt.Errorf("offset is %d, not %d", ins.Offset, f.local)
		}
		if f.target > math.MaxInt16 {
			return fmt.Errorf("offset %d does not fit 16 bits", f.target)
		}
		ins.Offset = int16(f.target)
		return nil
	case ins.IsConstantLoad(asm.DWord):
	case class.IsALU() && ins.OpCode.ALUOp() != asm.Swap && ins.OpCode.Source() == asm.ImmSource:
		if f.target > math.MaxInt32 {
			return fmt.Errorf("constant %d does not fit 32 bits", f.target)
		}
	default:
		return fmt.Errorf("%s holds no value to relocate", ins)
	}
	if !f.unchecked && ins.Constant != int64(f.local) {
		return fmt.Errorf("constant is %d, not %d", ins.Constant, f.local)
	}
	ins.Constant = int64(f.target)
	return nil
}

// poison makes an instruction one that every kernel refuses, as loaders do: a
// call of a helper that does not exist, or a load into the frame pointer for one
// that takes two slots. The program is still accepted when no path reaches it.
func poison(ins *asm.Instruction) {
	meta := ins.Metadata
	if ins.OpCode.IsDWordLoad() {
		*ins = asm.LoadImm(asm.R10, btf.COREBadRelocationSentinel, asm.DWord)
	} else {
		*ins = asm.BuiltinFunc(btf.COREBadRelocationSentinel).Call()
	}
	ins.Metadata = meta
}
