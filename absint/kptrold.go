package absint

import (
	"slices"

	"github.com/cilium/ebpf/btf"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// Until Linux 6.4 a pointer tagged "kptr" was not owned by its map. Until 6.2 a
// map whose pointers were not all in order had none at all, but still was made.

// oldKptrTags are the tags of that time.
var oldKptrTags = map[string]kptrKind{"kptr": kptrLoose, "kptr_ref": kptrOwned}

// maxOldKptrs is the number of pointers that a value could have.
const maxOldKptrs = 8

// oldKptrs lists the pointers of a map's value as kernels before 6.2 found them:
// members of the value itself. It returns none when one is not in order.
func (m *machine) oldKptrs(value btf.Type) []mapField {
	var list []mapField
	for _, at := range directMembers(value) {
		pointer, ok := btf.UnderlyingType(at.typ).(*btf.Pointer)
		if !ok {
			continue
		}
		tag, ok := pointer.Target.(*btf.TypeTag)
		if !ok {
			continue
		}
		f := mapField{kind: fieldKptr, off: at.off, size: 8, kptr: kptrTo(oldKptrTags[tag.Value], tag.Type)}
		if _, more := tag.Type.(*btf.TypeTag); more || len(list) == maxOldKptrs || !m.isOldKptr(&f.kptr) {
			return nil
		}
		list = append(list, f)
	}
	return list
}

// isOldKptr reports whether a field is of a known kind and leads to a struct of
// the kernel, which the kernel can release when the map is to own it.
func (m *machine) isOldKptr(f *kptrField) bool {
	if f.kind == kptrNone || f.of != view.KindStruct {
		return false
	}
	types, ok := m.kernelTypes()
	if !ok {
		return false
	}
	_, found := types.Find(f.of, f.name)
	return found && (f.kind == kptrLoose || slices.Contains(linux.ReleasedTypes(m.prog.Target.Kernel), f.name))
}

// directMember is a member of a struct, or a variable of a section.
type directMember struct {
	off uint32
	typ btf.Type
}

// directMembers lists a struct's members, or a section's variables, in their order.
func directMembers(t btf.Type) (members []directMember) {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		for _, m := range t.Members {
			members = append(members, directMember{m.Offset.Bytes(), m.Type})
		}
	case *btf.Datasec:
		for _, v := range t.Vars {
			if g, ok := v.Type.(*btf.Var); ok {
				members = append(members, directMember{v.Offset, g.Type})
			}
		}
	}
	return members
}
