package prog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
)

// localTypes are the types of one program. They are those of its object when
// the instructions refer to it. Otherwise, for instance after
// CollectionSpec.Copy, they are a BTF of their own with the types that the
// instructions need.
type localTypes struct {
	object  *btf.Spec
	builder *btf.Builder // nil when the object's types serve
	spec    *btf.Spec    // set by finish
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

// typedVar reports whether the program declares a variable with a type other
// than void.
func (t *localTypes) typedVar(name string) bool {
	if t.object == nil {
		return false
	}
	var v *btf.Var
	if err := t.object.TypeByName(name, &v); err != nil {
		return false
	}
	_, void := btf.UnderlyingType(v.Type).(*btf.Void)
	return !void
}

// MarshalBTF returns the BTF blob, func_info and line_info that a loader hands
// to the kernel with the program: nil when it has none. The IDs of the blob are
// those of Types, the indices of the other two those of Insns. What the target
// is too old to know is replaced.
func (p *Program) MarshalBTF() (types, funcInfo, lineInfo []byte, err error) {
	if p.Types == nil || !p.ExtInfo {
		return nil, nil, nil, nil
	}
	builder, err := sameIDs(p.Types)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("BTF of %s: %w", p.Name, err)
	}
	funcInfo, lineInfo, err = btf.MarshalExtInfos(p.infoStream(), builder)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("BTF of %s: %w", p.Name, err)
	}
	types, err = builder.Marshal(nil, marshalOptions(p.Target, p.order))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("BTF of %s: %w", p.Name, err)
	}
	return types, funcInfo, lineInfo, nil
}

// cilium/ebpf completes data sections when it first returns them, without a
// lock of its own.
var completing sync.Mutex

// sameIDs returns a builder that gives every type the ID it has in spec.
// Declaration tags and sections that exist only for loaders leave a hole, which
// a qualified void fills: tags are written anew behind the types that carry
// them.
func sameIDs(spec *btf.Spec) (*btf.Builder, error) {
	completing.Lock()
	defer completing.Unlock()
	builder := new(btf.Builder)
	for id := btf.TypeID(1); ; id++ {
		typ, err := spec.TypeByID(id)
		if errors.Is(err, btf.ErrNotFound) {
			return builder, nil
		}
		if err != nil {
			return nil, err
		}
		if !kernelKeeps(typ) {
			typ = &btf.Const{Type: &btf.Void{}}
		}
		got, err := builder.Add(typ)
		if err != nil {
			return nil, err
		}
		if got != id {
			return nil, fmt.Errorf("type %d (%s) would get ID %d", id, typ, got)
		}
	}
}

// kernelKeeps tells types that are handed to the kernel as they are.
func kernelKeeps(typ btf.Type) bool {
	switch typ := typ.(type) {
	case *btf.Datasec:
		return typ.Size > 0 && isDataSection(typ.Name) && typ.Name != kconfigName
	case *btf.Int, *btf.Pointer, *btf.Array, *btf.Struct, *btf.Union, *btf.Enum, *btf.Fwd,
		*btf.Typedef, *btf.Volatile, *btf.Const, *btf.Restrict, *btf.Func, *btf.FuncProto,
		*btf.Float, *btf.TypeTag:
		return true
	case *btf.Var:
		return typ.Linkage != btf.ExternVar
	}
	return false // declaration tags
}

// infoStream returns a stream with as many slots as the program whose metadata
// is its functions and lines, which is what cilium/ebpf encodes them from.
func (p *Program) infoStream() asm.Instructions {
	stream := make(asm.Instructions, len(p.Insns))
	for i := range stream {
		stream[i] = asm.Mov.Imm(asm.R0, 0)
	}
	for _, f := range p.Funcs {
		if f.Type != nil {
			stream[f.Start] = btf.WithFuncMetadata(stream[f.Start], f.Type)
		}
	}
	for _, line := range p.Lines {
		if line.source != nil {
			stream[line.Insn] = stream[line.Insn].WithSource(line.source)
		}
	}
	return stream
}

// marshalOptions says what the target's kernel does not know of BTF.
func marshalOptions(t *Target, order binary.ByteOrder) *btf.MarshalOptions {
	before := func(major, minor uint16) bool {
		return !t.Kernel.AtLeast(linux.Version{Major: major, Minor: minor})
	}
	return &btf.MarshalOptions{
		Order:              order,
		StripFuncLinkage:   before(5, 6),
		ReplaceDeclTags:    before(5, 16),
		ReplaceTypeTags:    before(5, 17),
		ReplaceEnum64:      before(6, 0),
		PreventNoTypeFound: true,
	}
}
