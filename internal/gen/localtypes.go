package gen

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// Types of C that the programs' own types are made of.
var (
	signed = &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	half   = &btf.Int{Name: "unsigned int", Size: 4}
	word   = &btf.Int{Name: "unsigned long long", Size: 8}
	choice = &btf.Enum{Name: "choice", Size: 4, Values: []btf.EnumValue{{Name: "CHOICE_A"}, {Name: "CHOICE_B", Value: 1}}}
	pair   = structOf("pair", member("a", word), member("b", word))
	large  = structOf("large", member("a", word), member("b", &btf.Array{Type: word, Index: half, Nelems: 7}))

	// Structs of the kernel, which are known by their names.
	task    = &btf.Struct{Name: "task_struct"}
	cgroup  = &btf.Struct{Name: "cgroup"}
	cpumask = &btf.Struct{Name: "bpf_cpumask"}
	sk      = &btf.Struct{Name: "sock"}
	buffer  = &btf.Struct{Name: "__sk_buff"}
	xdp     = &btf.Struct{Name: "xdp_md"}
	dynptr  = opaque("bpf_dynptr", 2)
)

func pointerTo(t btf.Type) btf.Type { return &btf.Pointer{Target: t} }

func tagged(tag string, t btf.Type) btf.Type { return pointerTo(&btf.TypeTag{Value: tag, Type: t}) }

func member(name string, t btf.Type, tags ...string) btf.Member {
	return btf.Member{Name: name, Type: t, Tags: tags}
}

// structOf lays out a struct of members that are all as large as words.
func structOf(name string, members ...btf.Member) *btf.Struct {
	s := &btf.Struct{Name: name, Members: members}
	for i := range s.Members {
		s.Members[i].Offset = btf.Bits(8 * s.Size)
		size, err := btf.Sizeof(s.Members[i].Type)
		if err != nil {
			panic(err) // one of the rows of this file
		}
		s.Size += uint32(size+7) / 8 * 8
	}
	return s
}

// opaque is a struct of words whose meaning is the kernel's.
func opaque(name string, words uint32) *btf.Struct {
	return structOf(name, member("__opaque", &btf.Array{Type: word, Index: half, Nelems: words}))
}

var (
	spinLock  = &btf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []btf.Member{{Name: "val", Type: half}}}
	resLock   = &btf.Struct{Name: "bpf_res_spin_lock", Size: 4, Members: []btf.Member{{Name: "val", Type: half}}}
	counter32 = &btf.Struct{Name: "bpf_refcount", Size: 4, Members: []btf.Member{
		{Name: "__opaque", Type: &btf.Array{Type: half, Index: half, Nelems: 1}},
	}}
	plainNode = structOf("plain", member("a", word), member("b", word))
	counted   = structOf("counted", member("a", word), member("refs", counter32), member("b", word))
	owner     = structOf("owner", member("a", word), member("task", tagged("kptr", task)), member("mask", tagged("kptr", cpumask)))
	linked    = structOf("linked", member("list", listNode), member("a", word))
	treed     = structOf("treed", member("a", word), member("tree", treeNode))
	shared    = structOf("shared", member("refs", counter32), member("list", listNode), member("tree", treeNode), member("a", word))
)

// localTypes are the types of objects that programs make.
var localTypes = []btf.Type{plainNode, counted, owner, linked, treed, shared, nest, holder, resHolder, word}

// Indices of localTypes.
const (
	localPlain = iota
	localCounted
	localOwner
	localLinked
	localTreed
	localShared
	localNest
	localHolder
	localResHolder
	numLocals // and some that are no structs
)

// typedMaps are the maps that only typed programs use. They follow Maps.
func typedMaps() []*ebpf.MapSpec {
	objects := structOf("objects",
		member("task", tagged("kptr", task)), member("mask", tagged("kptr", cpumask)), member("group", tagged("kptr", cgroup)),
		member("loose", tagged("kptr_untrusted", task)), member("own", tagged("kptr", plainNode)), member("n", word),
		member("counted", tagged("kptr", counted)), member("linked", tagged("kptr", linked)), member("shared", tagged("kptr", shared)))
	timers := structOf("timers", member("n", word), member("timer", opaque("bpf_timer", 2)))
	works := structOf("works", member("work", opaque("bpf_wq", 2)), member("n", word))
	resLocks := structOf("reslocks", member("n", word), member("lock", resLock), member("m", word))
	taskWorks := structOf("taskworks", member("work", opaque("bpf_task_work", 1)), member("n", word))
	array := func(name string, value *btf.Struct) *ebpf.MapSpec {
		return &ebpf.MapSpec{Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: value.Size, MaxEntries: 2, Key: signed, Value: value}
	}
	storage := func(name string, typ ebpf.MapType) *ebpf.MapSpec {
		return &ebpf.MapSpec{Name: name, Type: typ, KeySize: 4, ValueSize: 16, Flags: noPrealloc, Key: signed, Value: pair}
	}
	return []*ebpf.MapSpec{
		array("objects", objects),
		{Name: "objecthash", Type: ebpf.Hash, KeySize: 4, ValueSize: objects.Size, MaxEntries: 2, Key: signed, Value: objects},
		array("timers", timers),
		array("works", works),
		array("graph", graphValue()),
		{Name: "orders", Type: ebpf.UserRingbuf, MaxEntries: 4096},
		storage("tasks", ebpf.TaskStorage),
		storage("sockets", ebpf.SkStorage),
		storage("groups", ebpf.CgroupStorage),
		storage("inodes", ebpf.InodeStorage),
		{Name: ".rodata", Type: ebpf.Array, KeySize: 4, ValueSize: uint32(len(text)), MaxEntries: 1, Flags: 1 << 7,
			Contents: []ebpf.MapKV{{Key: uint32(0), Value: text}}},
		{Name: "pages", Type: ebpf.Arena, MaxEntries: 16, Flags: mmapable, MapExtra: 1 << 44},
		array("reslocks", resLocks),
		array("taskworks", taskWorks),
	}
}

// text is what the read-only section holds: a string, and bytes without an end.
var text = []byte("a %d %s\x00comm\x00unfinished!!")

// Flags of maps.
const (
	noPrealloc = 1
	mmapable   = 1 << 10
)

// Indices of typedMaps behind those of Maps.
const (
	mapObjects = numMaps + iota
	mapObjectHash
	mapTimers
	mapWorks
	mapGraph
	mapOrders
	mapTasks
	mapSockets
	mapGroups
	mapInodes
	mapText
	mapPages
	mapResLocks
	mapTaskWorks
	numTypedMaps
)
