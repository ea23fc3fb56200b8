package prog

import (
	"debug/elf"
	"reflect"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// ExternKind tells what defines a symbol that an object only declares.
type ExternKind uint8

// Kinds of externs.
const (
	ExternKfunc   ExternKind = iota + 1 // a function of the kernel
	ExternKsym                          // a variable or function by address
	ExternKconfig                       // a value of the kernel's configuration
)

// Extern is what an instruction refers to outside of its object: a symbol that
// the kernel or the loader defines.
type Extern struct {
	Kind ExternKind
	Name string
	Weak bool // may be missing
	// Type is the declaration: the Func of a kfunc, the Var of a typed kernel
	// variable; nil when it has no type.
	Type btf.Type
	// Config is the virtual map of a configuration value, and Offset the place
	// of the value in it.
	Config *ebpf.MapSpec
	Offset uint32
}

type externKey struct{}

// WithExtern marks an instruction as one that refers to e.
func WithExtern(ins asm.Instruction, e *Extern) asm.Instruction {
	ins.Metadata.Set(externKey{}, e)
	return ins
}

// cilium/ebpf keeps what it knows of externs in the metadata of instructions,
// under keys that it does not export. Reading them by reflection is the only
// way to link a collection that cilium/ebpf has loaded. TestExternMetadata
// fails when these names change.
const (
	kfuncKey   = "ebpf.kfuncMetaKey"
	ksymKey    = "ebpf.ksymMetaKey"
	kconfigKey = "ebpf.kconfigMetaKey"
)

var metadataHead = reflect.TypeFor[asm.Metadata]().Field(0)

// externOf returns what an instruction refers to outside of its object, nil for
// nothing. It does not matter who loaded the object, cilium/ebpf or package
// load.
func externOf(ins *asm.Instruction) *Extern {
	if !ins.OpCode.IsDWordLoad() && !ins.IsKfuncCall() || ins.Metadata == (asm.Metadata{}) {
		return nil
	}
	if e, ok := ins.Metadata.Get(externKey{}).(*Extern); ok {
		return e
	}
	for e := reflect.ValueOf(ins.Metadata).FieldByIndex(metadataHead.Index); !e.IsNil(); {
		elem := e.Elem()
		if ext := foreignExtern(elem.FieldByName("key"), elem.FieldByName("value")); ext != nil {
			ext.Name = ins.Reference()
			return ext
		}
		e = elem.FieldByName("next")
	}
	return nil
}

// foreignExtern reads one element of cilium/ebpf's metadata.
func foreignExtern(key, value reflect.Value) *Extern {
	switch key.Elem().Type().String() {
	case kfuncKey:
		meta := value.Elem().Elem()
		return &Extern{Kind: ExternKfunc, Weak: isWeak(meta),
			Type: (*btf.Func)(meta.FieldByName("Func").UnsafePointer())}
	case ksymKey:
		return &Extern{Kind: ExternKsym, Weak: isWeak(value.Elem().Elem())}
	case kconfigKey:
		meta := value.Elem().Elem()
		return &Extern{Kind: ExternKconfig,
			Config: (*ebpf.MapSpec)(meta.FieldByName("Map").UnsafePointer()),
			Offset: uint32(meta.FieldByName("Offset").Uint())}
	}
	return nil
}

func isWeak(meta reflect.Value) bool {
	return elf.SymBind(meta.FieldByName("Binding").Int()) == elf.STB_WEAK
}
