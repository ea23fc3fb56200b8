package exec

import (
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/maps"
)

// specialTypes are the types of fields that only helpers may touch.
var specialTypes = map[string]bool{
	"bpf_spin_lock": true, "bpf_res_spin_lock": true, "bpf_timer": true, "bpf_wq": true, "bpf_task_work": true,
	"bpf_list_head": true, "bpf_list_node": true, "bpf_rb_root": true, "bpf_rb_node": true, "bpf_refcount": true,
}

// pointerTags mark pointers to objects.
var pointerTags = map[string]bool{
	"kptr": true, "kptr_untrusted": true, "kptr_ref": true, "percpu_kptr": true, "uptr": true,
}

// specialFields finds the fields of a map's value that only helpers may touch.
func specialFields(value btf.Type) []maps.Field {
	var fields []maps.Field
	if value != nil {
		findSpecial(value, 0, 0, &fields)
	}
	slices.SortFunc(fields, func(a, b maps.Field) int { return a.Off - b.Off })
	return fields
}

func findSpecial(t btf.Type, off, depth int, fields *[]maps.Field) {
	const maxDepth, maxElems = 8, 1024
	if depth > maxDepth {
		return
	}
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		if specialTypes[t.Name] {
			lock := t.Name == "bpf_spin_lock" || t.Name == "bpf_res_spin_lock"
			*fields = append(*fields, maps.Field{Off: off, Size: int(t.Size), Lock: lock})
			return
		}
		for _, m := range t.Members {
			findSpecial(m.Type, off+int(m.Offset.Bytes()), depth+1, fields)
		}
	case *btf.Datasec:
		for _, v := range t.Vars {
			if inner, ok := v.Type.(*btf.Var); ok {
				findSpecial(inner.Type, off+int(v.Offset), depth+1, fields)
			}
		}
	case *btf.Array:
		size, err := btf.Sizeof(t.Type)
		if err != nil {
			return
		}
		for i := range min(int(t.Nelems), maxElems) {
			before := len(*fields)
			findSpecial(t.Type, off+i*size, depth+1, fields)
			if len(*fields) == before {
				return
			}
		}
	case *btf.Pointer:
		if isObjectPointer(t) {
			*fields = append(*fields, maps.Field{Off: off, Size: 8})
		}
	}
}

// isObjectPointer looks for a tag of the pointed-to type.
func isObjectPointer(p *btf.Pointer) bool {
	for t := p.Target; ; {
		switch x := t.(type) {
		case *btf.TypeTag:
			if pointerTags[x.Value] {
				return true
			}
			t = x.Type
		case *btf.Const:
			t = x.Type
		case *btf.Volatile:
			t = x.Type
		default:
			return false
		}
	}
}
