package kfunc

import (
	"fmt"
	"sync"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// newObject makes an object of a type of the program, whose ID is in R1.
func newObject(perCPU bool) binder {
	return func(caller Caller) vm.Func {
		var known sync.Map // *btf.Struct by ID
		return func(c *vm.CPU) (uint64, error) {
			typ, ok := known.Load(c.R[1])
			if !ok {
				s, err := structOf(caller.Types, c.R[1])
				if err != nil {
					return 0, err
				}
				typ, _ = known.LoadOrStore(c.R[1], s)
			}
			s := typ.(*btf.Struct)
			o := helper.EnvOf(c).Heap.New(int(s.Size), s, perCPU)
			if o == nil {
				return 0, nil
			}
			return o.Addr, initObject(c, o)
		}
	}
}

func structOf(types *btf.Spec, id uint64) (*btf.Struct, error) {
	if types == nil {
		return nil, fmt.Errorf("the program has no types, so type %d is unknown", id)
	}
	t, err := types.TypeByID(btf.TypeID(id))
	if err != nil {
		return nil, err
	}
	s, ok := btf.UnderlyingType(t).(*btf.Struct)
	if !ok {
		return nil, fmt.Errorf("type %d is no struct", id)
	}
	return s, nil
}

// initObject counts one reference in an object that counts them itself.
func initObject(c *vm.CPU, o *helper.Object) error {
	at, ok := memberOffset(o.Type, "bpf_refcount")
	if !ok {
		return nil
	}
	b, err := c.Mem.Write(o.Addr+uint64(at), 4)
	if err == nil {
		mem.Put(b, 1)
	}
	return err
}

// memberOffset finds the member of a struct type.
func memberOffset(s *btf.Struct, name string) (int, bool) {
	for _, m := range s.Members {
		if inner, ok := btf.UnderlyingType(m.Type).(*btf.Struct); ok {
			if inner.Name == name {
				return int(m.Offset.Bytes()), true
			}
			if at, ok := memberOffset(inner, name); ok {
				return int(m.Offset.Bytes()) + at, true
			}
		}
	}
	return 0, false
}

// drop gives up a reference to the object in R1.
func drop(c *vm.CPU) (uint64, error) { return 0, Drop(c, c.R[1]) }

// Drop gives up a reference to the object at an address, and with the last
// one those that the object holds.
func Drop(c *vm.CPU, addr uint64) error {
	heap := helper.EnvOf(c).Heap
	o := heap.At(addr)
	if o == nil {
		return fmt.Errorf("%#x is not an allocated object", addr)
	}
	heap.Drop(o)
	if o.Type == nil {
		return nil
	}
	if at, ok := memberOffset(o.Type, "bpf_refcount"); ok {
		b, err := c.Mem.Write(o.Addr+uint64(at), 4)
		if err != nil {
			return err
		}
		mem.Put(b, uint64(o.Refs))
	}
	return nil
}

// acquire takes another reference to the object in R1.
func acquire(c *vm.CPU) (uint64, error) {
	heap := helper.EnvOf(c).Heap
	o := heap.At(c.R[1])
	if o == nil {
		return 0, nil
	}
	heap.Acquire(o)
	if at, ok := memberOffset(o.Type, "bpf_refcount"); ok {
		b, err := c.Mem.Write(o.Addr+uint64(at), 4)
		if err != nil {
			return 0, err
		}
		mem.Put(b, uint64(o.Refs))
	}
	return c.R[1], nil
}
