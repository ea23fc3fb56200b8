package helper

import (
	"maps"
	"slices"
	"sync"

	"github.com/cilium/ebpf/btf"
)

// World is what helpers know besides maps and packets. All CPUs share it; what
// is exported is set before programs run.
type World struct {
	// Types returns the types of the kernel that the programs were linked for.
	Types func() (*btf.Spec, error)
	// NewCgroup makes struct cgroup, and returns its address, 0 without types.
	NewCgroup func(id uint64, level int) uint64
	// NewObject makes an object of the kernel of zeros, 0 without types.
	NewObject func(typeName string) uint64
	// NewMap makes a map for bpf_sys_bpf.
	NewMap func(MapAttr) (Entry, error)
	// Cgroups are the parents of cgroups, by their IDs. The root has the ID 1.
	// What is not listed is a child of the root.
	Cgroups map[uint64]uint64
	// Symbols are the kernel's, as bpf_kallsyms_lookup_name finds them.
	Symbols map[string]uint64
	// Paths are the names of files by the address of their struct path.
	Paths map[uint64]string
	// PIDNamespace is the one in which a task's numbers count.
	PIDNamespace FileID
	// Seed is that of secrets.
	Seed uint64

	mu      sync.Mutex
	cgroups map[uint64]uint64 // address by ID
	regs    map[uint64]uint64 // address of struct pt_regs by that of the task
	files   []*Entry          // by descriptor, counted from firstFD
	options map[option][]byte
	signals []Signal
}

// FileID names a file by its device and its inode.
type FileID struct{ Dev, Ino uint64 }

// Signal is one that a program sent.
type Signal struct {
	Number uint32
	To     *Task
	Thread bool // to the thread alone
}

// rootCgroup is the ID of the root.
const rootCgroup = 1

// CgroupAddr returns where struct cgroup of an ID is, 0 when there is no such
// cgroup.
func (w *World) CgroupAddr(id uint64) uint64 {
	if _, listed := w.Cgroups[id]; id == 0 || !listed && id != rootCgroup || w.NewCgroup == nil {
		return 0
	}
	level := len(w.line(id)) - 1
	w.mu.Lock()
	defer w.mu.Unlock()
	addr, ok := w.cgroups[id]
	if !ok {
		if w.cgroups == nil {
			w.cgroups = make(map[uint64]uint64)
		}
		addr = w.NewCgroup(id, level)
		w.cgroups[id] = addr
	}
	return addr
}

// CgroupAt returns the ID of the cgroup at an address, 0 when there is none.
func (w *World) CgroupAt(addr uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, at := range w.cgroups {
		if at == addr {
			return id
		}
	}
	return 0
}

// line returns a cgroup and its ancestors, the root first.
func (w *World) line(id uint64) []uint64 {
	const deepest = 64
	list := []uint64{id}
	for id != rootCgroup && len(list) < deepest {
		parent, ok := w.Cgroups[id]
		if !ok || parent == 0 {
			parent = rootCgroup
		}
		id = parent
		list = append(list, id)
	}
	slices.Reverse(list)
	return list
}

// Ancestor returns the ancestor of a cgroup at a level, which may be the cgroup
// itself.
func (w *World) Ancestor(id uint64, level int) (uint64, bool) {
	line := w.line(id)
	if id == 0 || level < 0 || level >= len(line) {
		return 0, false
	}
	return line[level], true
}

// Walk returns a cgroup and its ancestors, nearest first, or itself and all that
// is below it, children after or before their parents, in the order of their IDs.
func (w *World) Walk(id uint64, up, childrenFirst bool) (list []uint64) {
	if id == 0 {
		return nil
	}
	if up {
		list = w.line(id)
		slices.Reverse(list)
		return list
	}
	for _, child := range slices.Sorted(maps.Keys(w.Cgroups)) {
		if child != rootCgroup && w.line(child)[len(w.line(child))-2] == id {
			list = append(list, w.Walk(child, false, childrenFirst)...)
		}
	}
	if childrenFirst {
		return append(list, id)
	}
	return append([]uint64{id}, list...)
}

// Under reports whether a cgroup is another one or below it.
func (w *World) Under(id, other uint64) bool { return id != 0 && slices.Contains(w.line(id), other) }

// Signals returns the signals that programs sent since the last call.
func (w *World) Signals() []Signal {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.signals
	w.signals = nil
	return list
}

// TaskAt returns the task whose struct task_struct is at an address, nil when
// there is none.
func (e *Env) TaskAt(addr uint64) *Task {
	if e.TaskAddr == nil {
		return nil
	}
	if e.TaskAddr(e.Task) == addr {
		return e.Task
	}
	for _, t := range e.Tasks {
		if e.TaskAddr(t) == addr {
			return t
		}
	}
	return nil
}
