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

// MarshalBTF returns the BTF blob, func_info and line_info that a loader hands
// to the kernel with the program: nil when it has none. The IDs of the blob are
// those of Types, the indices of the other two those of Insns. The blob has the
// types that the program and its maps need; what the target is too old to know
// is replaced.
func (p *Program) MarshalBTF() (types, funcInfo, lineInfo []byte, err error) {
	if p.Types == nil || !p.ExtInfo {
		return nil, nil, nil, nil
	}
	builder, err := sameIDs(p.Types, p.neededTypes())
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

// neededTypes returns the types that the kernel must know, with all that they
// refer to. Others stay out, as with cilium/ebpf: one bad type that nobody uses
// would make the kernel refuse the whole blob.
func (p *Program) neededTypes() map[btf.Type]bool {
	needed := make(map[btf.Type]bool)
	for _, f := range p.Funcs {
		if f.Type != nil {
			addReachable(needed, f.Type)
		}
	}
	for _, typ := range p.local {
		addReachable(needed, typ)
	}
	for _, m := range p.Maps {
		for ; m != nil; m = m.Inner {
			addReachable(needed, m.Spec.Key)
			addReachable(needed, m.Spec.Value)
		}
	}
	p.addContained(needed)
	return needed
}

// Struct returns the struct of a name in the BTF that the kernel has for the
// map, nil when there is none. cilium/ebpf loads for each map a BTF of its own
// with no more than the types of its keys and values, so that what a
// declaration tag names ("contains:node:member") may be missing. Such a map
// has no fields for the kernel.
func (m *Map) Struct(name string) *btf.Struct {
	set := make(map[btf.Type]bool)
	addReachable(set, m.Spec.Key)
	addReachable(set, m.Spec.Value)
	for typ := range set {
		if s, ok := typ.(*btf.Struct); ok && s.Name == name {
			return s
		}
	}
	return nil
}

// addReachable adds a type and all that it refers to.
func addReachable(set map[btf.Type]bool, typ btf.Type) {
	if typ == nil || set[typ] {
		return
	}
	set[typ] = true
	switch typ := typ.(type) {
	case *btf.Pointer:
		addReachable(set, typ.Target)
	case *btf.Array:
		addReachable(set, typ.Index)
		addReachable(set, typ.Type)
	case *btf.Struct:
		addMembers(set, typ.Members)
	case *btf.Union:
		addMembers(set, typ.Members)
	case *btf.Typedef:
		addReachable(set, typ.Type)
	case *btf.Volatile:
		addReachable(set, typ.Type)
	case *btf.Const:
		addReachable(set, typ.Type)
	case *btf.Restrict:
		addReachable(set, typ.Type)
	case *btf.TypeTag:
		addReachable(set, typ.Type)
	case *btf.Func:
		addReachable(set, typ.Type)
	case *btf.FuncProto:
		addReachable(set, typ.Return)
		for _, param := range typ.Params {
			addReachable(set, param.Type)
		}
	case *btf.Var:
		addReachable(set, typ.Type)
	case *btf.Datasec:
		for _, v := range typ.Vars {
			addReachable(set, v.Type)
		}
	}
}

func addMembers(set map[btf.Type]bool, members []btf.Member) {
	for _, m := range members {
		addReachable(set, m.Type)
	}
}

// cilium/ebpf completes data sections when it first returns them, without a
// lock of its own.
var completing sync.Mutex

// sameIDs returns a builder that gives the needed types the IDs they have in
// spec. The others leave holes, which a qualified void fills; declaration tags
// are written anew, behind the types that carry them.
func sameIDs(spec *btf.Spec, needed map[btf.Type]bool) (*btf.Builder, error) {
	completing.Lock()
	defer completing.Unlock()
	builder := new(btf.Builder)
	for id := btf.TypeID(1); ; id++ {
		typ, err := spec.TypeByID(id)
		if errors.Is(err, btf.ErrNotFound) {
			return builder, nil
		}
		if err != nil || needed != nil && !needed[typ] {
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
