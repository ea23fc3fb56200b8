package exec

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/maps"
)

// newWorld returns what helpers know of a machine whose scenario says nothing:
// the cgroup of each task is the root or a child of it.
func (m *Machine) newWorld() *helper.World {
	return &helper.World{
		Seed: m.cfg.Seed, Cgroups: map[uint64]uint64{m.cfg.Task.CgroupID: 0},
		Types: m.objects.known, NewCgroup: m.objects.cgroup, NewMap: m.newMap,
		NewObject: func(name string) uint64 {
			o, err := m.objects.make(name)
			if err != nil {
				return 0
			}
			return o.Addr
		},
	}
}

// known returns the kernel's types.
func (o *objects) known() (*btf.Spec, error) {
	o.mu.Lock()
	types := o.types
	o.mu.Unlock()
	if types == nil {
		return nil, fmt.Errorf("the kernel's types are not known")
	}
	spec, err := types()
	if err == nil && spec == nil {
		err = fmt.Errorf("the kernel's types are not known")
	}
	return spec, err
}

// cgroup makes struct cgroup; without types it is an address where nothing is.
func (o *objects) cgroup(id uint64, level int) uint64 {
	made, err := o.make("cgroup")
	if err != nil {
		return helper.KernelObject + id<<4
	}
	_ = made.Set("level", uint64(level))
	_ = made.Set("self.cgroup", made.Addr)
	if node, err := o.make("kernfs_node"); err == nil {
		_ = node.Set("id", id)
		_ = made.Set("kn", node.Addr)
	}
	return made.Addr
}

// newMap makes a map that a program asked for. Maps in it would need a
// template, and a map that user space makes may not have these types.
func (m *Machine) newMap(a helper.MapAttr) (helper.Entry, error) {
	spec := maps.Spec{
		Name: a.Name, Type: ebpf.MapType(a.Type), KeySize: a.KeySize, ValueSize: a.ValueSize,
		MaxEntries: a.MaxEntries, Flags: a.Flags, Extra: a.Extra,
	}
	switch spec.Type {
	case ebpf.ArrayOfMaps, ebpf.HashOfMaps, ebpf.ProgramArray, ebpf.StructOpsMap:
		return helper.Entry{}, &helper.NotSimulated{Name: fmt.Sprintf("bpf_sys_bpf (helper 166) making a %s", spec.Type)}
	}
	raw, err := maps.New(spec, maps.Options{Space: m.space, CPUs: len(m.cpus), Seed: m.cfg.Seed})
	if err != nil {
		return helper.Entry{}, err
	}
	return m.registry.Add(raw), nil
}
