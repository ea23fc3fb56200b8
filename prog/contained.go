package prog

import (
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// addContained adds the structs that lists and trees hold. Only tags of the form
// "contains:STRUCT:MEMBER" name them, and a kernel refuses types in which it
// does not find them. libbpf loads them with all other types of the object;
// cilium/ebpf does not, where nothing else refers to them.
func (p *Program) addContained(set map[btf.Type]bool) {
	for added := true; added; {
		added = false
		for _, name := range containedNames(set) {
			var held *btf.Struct
			if p.Types.TypeByName(name, &held) == nil && !set[held] {
				addReachable(set, held)
				added = true
			}
		}
	}
}

// containedNames returns the names that tags mention, in order.
func containedNames(set map[btf.Type]bool) []string {
	var names []string
	add := func(tags []string) {
		for _, tag := range tags {
			if rest, ok := strings.CutPrefix(tag, "contains:"); ok {
				name, _, _ := strings.Cut(rest, ":")
				names = append(names, name)
			}
		}
	}
	for typ := range set {
		switch typ := typ.(type) {
		case *btf.Struct:
			for _, m := range typ.Members {
				add(m.Tags)
			}
		case *btf.Var:
			add(typ.Tags)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
