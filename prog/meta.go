package prog

import (
	"debug/elf"
	"reflect"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// externKind tells what an instruction refers to outside of its object.
type externKind uint8

const (
	externNone externKind = iota
	externKfunc
	externKsym
	externKconfig
)

// extern is a reference to a symbol that the kernel defines.
type extern struct {
	kind   externKind
	weak   bool
	fn     *btf.Func     // of a kfunc: its type in the object
	config *ebpf.MapSpec // of a kconfig variable: the virtual map
	offset uint32        // of a kconfig variable: within that map
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

// externOf returns what an instruction refers to outside of its object.
func externOf(ins *asm.Instruction) extern {
	if ins.Metadata == (asm.Metadata{}) {
		return extern{}
	}
	for e := reflect.ValueOf(ins.Metadata).FieldByIndex(metadataHead.Index); !e.IsNil(); {
		elem := e.Elem()
		value := elem.FieldByName("value").Elem()
		switch elem.FieldByName("key").Elem().Type().String() {
		case kfuncKey:
			meta := value.Elem()
			return extern{kind: externKfunc, weak: isWeak(meta),
				fn: (*btf.Func)(meta.FieldByName("Func").UnsafePointer())}
		case ksymKey:
			return extern{kind: externKsym, weak: isWeak(value.Elem())}
		case kconfigKey:
			meta := value.Elem()
			return extern{kind: externKconfig,
				config: (*ebpf.MapSpec)(meta.FieldByName("Map").UnsafePointer()),
				offset: uint32(meta.FieldByName("Offset").Uint())}
		}
		e = elem.FieldByName("next")
	}
	return extern{}
}

func isWeak(meta reflect.Value) bool {
	return elf.SymBind(meta.FieldByName("Binding").Int()) == elf.STB_WEAK
}
