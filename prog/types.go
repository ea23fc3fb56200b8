package prog

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// localTypes are the types of one program. They are those of its object when
// the instructions refer to it. Otherwise, for instance after
// CollectionSpec.Copy, they are a BTF of their own with the types that the
// instructions need.
type localTypes struct {
	object  *btf.Spec
	builder *btf.Builder // nil when the object's types serve
	spec    *btf.Spec    // set by finish
	used    []btf.Type   // whose IDs are in the instructions
}

func newLocalTypes(object *btf.Spec, insns asm.Instructions) *localTypes {
	t := &localTypes{object: object}
	for i := range insns {
		fn := btf.FuncMetadata(&insns[i])
		if fn == nil {
			continue
		}
		if object != nil {
			if _, err := object.TypeID(fn); err == nil {
				continue
			}
		}
		t.builder = new(btf.Builder)
		break
	}
	return t
}

// id returns the ID of a local type.
func (t *localTypes) id(typ btf.Type) (btf.TypeID, error) {
	switch {
	case t.builder != nil:
		return t.builder.Add(typ)
	case t.object != nil:
		t.used = append(t.used, typ)
		return t.object.TypeID(typ)
	}
	return 0, errors.New("the program has no BTF")
}

// finish fixes the types: from now on, functions can be asked for.
func (t *localTypes) finish(insns asm.Instructions) error {
	if t.builder == nil {
		t.spec = t.object
		return nil
	}
	for i := range insns {
		if fn := btf.FuncMetadata(&insns[i]); fn != nil {
			if _, err := t.builder.Add(fn); err != nil {
				return fmt.Errorf("type of function %s: %w", fn.Name, err)
			}
		}
	}
	spec, err := t.builder.Spec()
	if err != nil {
		return fmt.Errorf("types of the program: %w", err)
	}
	t.spec = spec
	return nil
}

// fn returns the type of the function that begins at an instruction.
func (t *localTypes) fn(ins *asm.Instruction) *btf.Func {
	fn := btf.FuncMetadata(ins)
	if fn == nil || t.builder == nil {
		return fn
	}
	id, err := t.builder.Add(fn)
	if err != nil {
		return nil
	}
	typ, err := t.spec.TypeByID(id)
	if err != nil {
		return nil
	}
	own, _ := typ.(*btf.Func)
	return own
}
