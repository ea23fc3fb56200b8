package exec

import (
	"fmt"
	"sync"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/typed"
)

// objects are the kernel's objects that programs see through typed pointers,
// laid out by the kernel's BTF.
type objects struct {
	space *mem.Space

	mu    sync.Mutex
	types func() (*btf.Spec, error) // of the kernel; nil before a program is loaded
	tasks map[*Task]uint64
	vars  map[btf.TypeID]uint64
}

// Object is one of them.
type Object struct {
	Addr uint64
	Type btf.Type
	Data []byte
}

// Set gives a member a value, as typed.Put does.
func (o *Object) Set(path string, value any) error {
	return typed.Put(o.Data, o.Type, path, value)
}

// NewObject makes a kernel object of zeros. The name is that of a type in the
// kernel's BTF, such as "task_struct".
func (m *Machine) NewObject(typeName string) (*Object, error) { return m.objects.make(typeName) }

// Type returns a type of the kernel that the programs were linked for.
func (m *Machine) Type(name string) (btf.Type, error) { return m.objects.find(name) }

func (o *objects) make(name string) (*Object, error) {
	t, err := o.find(name)
	if err != nil {
		return nil, err
	}
	return o.place(t, name)
}

func (o *objects) find(name string) (btf.Type, error) {
	o.mu.Lock()
	types := o.types
	o.mu.Unlock()
	if types == nil {
		return nil, fmt.Errorf("type %s: no program with the kernel's types is loaded", name)
	}
	spec, err := types()
	if err != nil {
		return nil, err
	}
	if spec == nil {
		return nil, fmt.Errorf("type %s: the kernel's types are not known", name)
	}
	found, err := spec.AnyTypesByName(name)
	if err != nil {
		return nil, fmt.Errorf("type %s: %w", name, err)
	}
	for _, t := range found {
		switch t.(type) {
		case *btf.Struct, *btf.Union, *btf.Typedef:
			return t, nil
		}
	}
	return nil, fmt.Errorf("type %s is no struct", name)
}

func (o *objects) place(t btf.Type, name string) (*Object, error) {
	size, err := btf.Sizeof(t)
	if err != nil || size <= 0 || size > 1<<24 {
		return nil, fmt.Errorf("type %s has no size", name)
	}
	b := make([]byte, size)
	addr := o.space.Add(mem.Region{R: b, W: b}, mem.Info{Name: "struct " + name})
	return &Object{Addr: addr, Type: t, Data: b}, nil
}

// task returns the address of a task's task_struct. Without types it is an
// address where nothing is.
func (o *objects) task(t *Task) uint64 {
	o.mu.Lock()
	addr, ok := o.tasks[t]
	o.mu.Unlock()
	if ok {
		return addr
	}
	addr = helper.KernelObject
	if made, err := o.make("task_struct"); err == nil {
		addr = made.Addr
		o.describe(made, t)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tasks[t] = addr
	return addr
}

// describe fills in what is known of a task. Members that this kernel does not
// have are left out.
func (o *objects) describe(task *Object, t *Task) {
	set := func(to *Object, path string, v any) { _ = to.Set(path, v) }
	set(task, "pid", uint64(t.PID))
	set(task, "tgid", uint64(t.TGID))
	set(task, "comm", t.Comm[:min(len(t.Comm), 15)])
	for _, self := range []string{"group_leader", "parent", "real_parent"} {
		set(task, self, task.Addr)
	}
	if cred, err := o.make("cred"); err == nil {
		for _, id := range []string{"uid", "euid", "suid", "fsuid"} {
			set(cred, id+".val", uint64(t.UID))
		}
		for _, id := range []string{"gid", "egid", "sgid", "fsgid"} {
			set(cred, id+".val", uint64(t.GID))
		}
		set(task, "cred", cred.Addr)
		set(task, "real_cred", cred.Addr)
	}
}

// variable returns the address of a kernel variable, which holds zeros. One of
// each CPU has copies as far apart as those of a per-CPU object.
func (o *objects) variable(id btf.TypeID, t btf.Type, cpus int) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if addr, ok := o.vars[id]; ok {
		return addr
	}
	addr := uint64(helper.KernelObject)
	if v, ok := t.(*btf.Var); ok {
		if size, err := btf.Sizeof(v.Type); err == nil && size > 0 && size < 1<<24 {
			var regions []mem.Region
			for range cpus {
				regions = append(regions, mem.Region{R: make([]byte, size)})
			}
			addr = o.space.AddEach(regions, func(int) mem.Info { return mem.Info{Name: "variable " + v.Name} })
		}
	}
	o.vars[id] = addr
	return addr
}
