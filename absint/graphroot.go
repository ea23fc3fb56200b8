package absint

import (
	"strings"

	"github.com/cilium/ebpf/btf"
)

// containsTag begins the tag of a list's head or a tree's root, which names the
// struct of its nodes: "contains:TYPE:MEMBER".
const containsTag = "contains:"

// knowsNodes reports whether the types that come with a map's value have the
// nodes of all lists and trees among its fields. Otherwise the kernel knows of no
// special field in the value at all.
func knowsNodes(value btf.Type, fields []mapField) bool {
	for i := range fields {
		f := &fields[i]
		if (f.kind == fieldListHead || f.kind == fieldRBRoot) && !reaches(value, f.node.name, map[btf.Type]bool{}) {
			return false
		}
	}
	return true
}

// nodeIn reads the tags of a list's head or a tree's root.
func nodeIn(tags []string) graphNode {
	for _, tag := range tags {
		if rest, ok := strings.CutPrefix(tag, containsTag); ok {
			name, member, _ := strings.Cut(rest, ":")
			return graphNode{name: name, member: member}
		}
	}
	return graphNode{}
}

// reaches reports whether a struct with a name is among the types that t is
// made of, pointers included.
func reaches(t btf.Type, name string, seen map[btf.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *btf.Struct:
		if t.Name == name {
			return true
		}
		return reachesMember(t.Members, name, seen)
	case *btf.Union:
		return reachesMember(t.Members, name, seen)
	case *btf.Array:
		return reaches(t.Type, name, seen)
	case *btf.Pointer:
		return reaches(t.Target, name, seen)
	case *btf.Datasec:
		for _, v := range t.Vars {
			if reaches(v.Type, name, seen) {
				return true
			}
		}
	case *btf.Var:
		return reaches(t.Type, name, seen)
	case *btf.Typedef:
		return reaches(t.Type, name, seen)
	case *btf.Const:
		return reaches(t.Type, name, seen)
	case *btf.Volatile:
		return reaches(t.Type, name, seen)
	case *btf.Restrict:
		return reaches(t.Type, name, seen)
	case *btf.TypeTag:
		return reaches(t.Type, name, seen)
	}
	return false
}

func reachesMember(members []btf.Member, name string, seen map[btf.Type]bool) bool {
	for i := range members {
		if reaches(members[i].Type, name, seen) {
			return true
		}
	}
	return false
}
