package gen

import (
	"fmt"

	"github.com/cilium/ebpf"
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// World is what typed programs refer to outside of themselves: a kernel's types
// and functions, and the BTF and the maps that they share. It does not change,
// and equal seeds give equal programs in the same world.
type World struct {
	Blob []byte // the programs' BTF

	kernel  *btf.Types
	facts   *linux.Kernel
	maps    []*ebpf.MapSpec
	types   *cbtf.Spec
	funcs   []cbtf.TypeID // of prototypes
	locals  []btf.ID      // of localTypes
	objects []cbtf.Type   // localTypes as the BTF has them
	hooks   [][]hook
	kfuncs  []kfunc
	byName  map[string]*kfunc
	layouts map[btf.ID]*layout
	vars    []btf.ID // per-CPU variables
}

// NewWorld looks for what programs can use in the kernel of a target.
func NewWorld(t *prog.Target) (*World, error) {
	kernel, err := t.View()
	if err != nil {
		return nil, err
	}
	if kernel == nil {
		return nil, fmt.Errorf("kernel %s has no BTF", t.Kernel)
	}
	w := &World{
		kernel: kernel, facts: linux.For(t.Kernel), byName: map[string]*kfunc{}, layouts: map[btf.ID]*layout{},
	}
	if err := w.makeTypes(t.Kernel); err != nil {
		return nil, err
	}
	w.findHooks()
	w.findKfuncs()
	w.findVars()
	return w, nil
}

// makeTypes makes the programs' BTF and the maps, whose types are parts of it.
func (w *World) makeTypes(v linux.Version) error {
	var b cbtf.Builder
	add := func(t cbtf.Type) (id cbtf.TypeID, err error) {
		if t != nil {
			id, err = b.Add(t)
		}
		return id, err
	}
	for _, row := range prototypes {
		id, err := add(row.typ())
		if err != nil {
			return err
		}
		w.funcs = append(w.funcs, id)
	}
	for i, t := range localTypes {
		if _, ok := w.kernel.Find(btf.KindFunc, "bpf_res_spin_lock"); i == localResHolder && !ok {
			t = holder // such kernels know no lock in the other one
		}
		id, err := add(t)
		if err != nil {
			return err
		}
		w.locals = append(w.locals, btf.ID(id))
	}
	w.maps = append(Maps(), typedMaps()...)
	ids := make([][2]cbtf.TypeID, len(w.maps))
	for i, m := range w.maps {
		if since, ok := linux.MapTypeSince(uint32(m.Type)); ok && !v.AtLeast(since) {
			w.maps[i] = &ebpf.MapSpec{Name: m.Name, Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 4}
			continue
		}
		for j, t := range []cbtf.Type{m.Key, m.Value} {
			var err error
			if ids[i][j], err = add(t); err != nil {
				return err
			}
		}
	}
	return w.finishTypes(&b, ids)
}

// finishTypes makes the types of the maps those of the BTF.
func (w *World) finishTypes(b *cbtf.Builder, ids [][2]cbtf.TypeID) (err error) {
	if w.types, err = b.Spec(); err != nil {
		return err
	}
	if w.Blob, err = b.Marshal(nil, nil); err != nil {
		return err
	}
	for _, id := range w.locals {
		t, err := w.types.TypeByID(cbtf.TypeID(id))
		if err != nil {
			return err
		}
		w.objects = append(w.objects, t)
	}
	for i, m := range w.maps {
		if ids[i][1] == 0 {
			continue
		}
		if m.Key, err = w.types.TypeByID(ids[i][0]); err != nil {
			return err
		}
		if m.Value, err = w.types.TypeByID(ids[i][1]); err != nil {
			return err
		}
	}
	return nil
}

// findVars looks for per-CPU variables.
func (w *World) findVars() {
	for _, name := range []string{"runqueues", "bpf_prog_active", "cpu_number", "current_task", "softirq_stat", "kstat", "pcpu_hot", "cpu_info"} {
		if id, ok := w.kernel.Find(btf.KindVar, name); ok {
			w.vars = append(w.vars, id)
		}
	}
}

// Maps are the maps that programs refer to, by index.
func (w *World) Maps() []*ebpf.MapSpec { return w.maps }

// Link makes a program that can be judged of one that was made in this world.
func (w *World) Link(t *prog.Target, made Program) (*prog.Program, error) {
	p := prog.FromSlots(t, made.Type, made.Insns, w.maps...)
	p.AttachType, p.AttachTo, p.Flags = made.AttachType, made.AttachTo, made.Flags
	p.Maps[mapText].Data, p.Maps[mapText].Frozen = text, true
	p.SetTypes(w.types, w.objects)
	p.Funcs = p.Funcs[:0]
	for _, f := range made.Funcs {
		typ, err := w.types.TypeByID(w.funcs[f.Type])
		if err != nil {
			return nil, err
		}
		p.Funcs = append(p.Funcs, prog.Func{Name: prototypes[f.Type].name, Start: f.Start, Type: typ.(*cbtf.Func)})
	}
	return p, nil
}

// FuncInfo returns the start of each function of a program and the ID of its
// type in Blob.
func (w *World) FuncInfo(made Program) []uint32 {
	var info []uint32
	for _, f := range made.Funcs {
		info = append(info, uint32(f.Start), uint32(w.funcs[f.Type]))
	}
	return info
}
