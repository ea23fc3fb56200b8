package helper

import (
	"sync"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/mem"
)

// Heap holds the objects that programs make, each in a region of its own, so
// that an access beyond an object faults. The region of an object that was
// freed serves the next one of its size.
type Heap struct {
	space *mem.Space
	cpus  int

	mu      sync.Mutex
	objects map[uint64]*Object
	free    map[heapKey][]*Object
}

// Object is an object of the heap.
type Object struct {
	Addr uint64
	Type *btf.Struct // nil for plain memory
	// Refs counts the references; the last one that is dropped frees it.
	Refs int

	key    heapKey
	copies [][]byte // one, or one for each CPU
}

type heapKey struct {
	size   int
	perCPU bool
}

// maxObjects bounds how many objects are alive at the same time.
const maxObjects = 1 << 20

// NewHeap returns an empty heap.
func NewHeap(space *mem.Space, cpus int) *Heap {
	return &Heap{space: space, cpus: cpus, objects: make(map[uint64]*Object), free: make(map[heapKey][]*Object)}
}

// New makes an object of zeros; nil when there are too many. The copies of a
// per-CPU object are 1<<mem.OffsetBits apart.
func (h *Heap) New(size int, typ *btf.Struct, perCPU bool) *Object {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.objects) >= maxObjects || size <= 0 {
		return nil
	}
	key := heapKey{size, perCPU}
	var o *Object
	if list := h.free[key]; len(list) > 0 {
		o, h.free[key] = list[len(list)-1], list[:len(list)-1]
		for _, b := range o.copies {
			clearObject(b)
		}
	} else {
		o = h.grow(key)
	}
	o.Type, o.Refs = typ, 1
	h.objects[o.Addr] = o
	return o
}

// clearObject does not exclude programs that still have a pointer to what they
// freed.
//
//go:norace
func clearObject(b []byte) { clear(b) }

func (h *Heap) grow(key heapKey) *Object {
	n := 1
	if key.perCPU {
		n = h.cpus
	}
	o := &Object{key: key}
	var regions []mem.Region
	for range n {
		b := make([]byte, key.size)
		o.copies = append(o.copies, b)
		regions = append(regions, mem.Region{R: b, W: b})
	}
	o.Addr = h.space.AddEach(regions, func(int) mem.Info { return mem.Info{Name: "an allocated object"} })
	return o
}

// At returns the object that an address lies in, nil when there is none.
func (h *Heap) At(addr uint64) *Object {
	h.mu.Lock()
	defer h.mu.Unlock()
	region, _ := mem.Split(addr)
	return h.objects[mem.Addr(region)]
}

// Acquire takes another reference.
func (h *Heap) Acquire(o *Object) {
	h.mu.Lock()
	o.Refs++
	h.mu.Unlock()
}

// Drop gives a reference up.
func (h *Heap) Drop(o *Object) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if o.Refs--; o.Refs == 0 {
		delete(h.objects, o.Addr)
		h.free[o.key] = append(h.free[o.key], o)
	}
}

// PerCPU returns the address of one CPU's copy of a per-CPU object.
func PerCPU(addr uint64, cpu int) uint64 { return addr + uint64(cpu)<<mem.OffsetBits }
