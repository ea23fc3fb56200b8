package gen

import "github.com/cilium/ebpf/btf"

// What lists and trees are made of.
var (
	listHead, listNode = opaque("bpf_list_head", 2), opaque("bpf_list_node", 3)
	treeRoot, treeNode = opaque("bpf_rb_root", 2), opaque("bpf_rb_node", 4)

	nest      = structOf("nest", member("lock", spinLock), member("head", listHead, "contains:linked:list"), member("list", listNode), member("a", word))
	holder    = structOf("holder", graphMembers(spinLock)...)
	resHolder = structOf("resholder", graphMembers(resLock)...)
)

// graphMembers are lists and trees, as graphFields knows them, with a lock and a
// number.
func graphMembers(lock btf.Type) []btf.Member {
	return []btf.Member{
		member("lock", lock),
		member("linkeds", listHead, "contains:linked:list"), member("treeds", treeRoot, "contains:treed:tree"),
		member("shareds", listHead, "contains:shared:list"), member("sharedtree", treeRoot, "contains:shared:tree"),
		member("nests", listHead, "contains:nest:list"), member("a", word),
	}
}

// graphValue is a map's value with lists and trees. Pointers lead to the nodes:
// a map is created with the types that its values lead to and no others.
func graphValue() *btf.Struct {
	members := graphMembers(spinLock)
	for _, node := range []*btf.Struct{linked, treed, shared, nest} {
		members = append(members, member("to_"+node.Name, pointerTo(node)))
	}
	return structOf("graph", members...)
}
