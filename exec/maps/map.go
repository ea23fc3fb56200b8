// Package maps holds the maps of the concrete machine, with the semantics of
// Linux: flags, error numbers, what happens when a map is full.
//
// Values lie in regions of the simulated address space, and an element's
// address does not change while the element exists. All maps may be used by
// several CPUs at the same time.
package maps

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// Flags of Update.
const (
	Any     = 0 // create or replace
	NoExist = 1 // create only
	Exist   = 2 // replace only
	Lock    = 4 // hold the spin lock in the value
)

// Flags of a map (BPF_F_*).
const (
	FlagNoPrealloc  = 1 << 0
	FlagNoCommonLRU = 1 << 1
	FlagZeroSeed    = 1 << 6
	FlagReadOnly    = 1 << 7 // for programs: BPF_F_RDONLY_PROG
	FlagWriteOnly   = 1 << 8 // for programs: BPF_F_WRONLY_PROG
)

// Spec describes a map.
type Spec struct {
	Name       string
	Type       ebpf.MapType
	KeySize    uint32
	ValueSize  uint32
	MaxEntries uint32
	Flags      uint32
	Extra      uint64
	// Special are the fields of a value that only helpers may touch, such as
	// spin locks, timers and pointers to objects.
	Special []Field
}

// Field is a part of a value. An update empties it; a lock is left alone.
type Field struct {
	Off, Size int
	Lock      bool
}

// Map is what programs and user space can do with a map. The methods with a
// cpu are the program's, the others user space's, where a value of a per-CPU
// map is the values of all CPUs, each padded to 8 bytes.
type Map interface {
	Spec() *Spec
	// Lookup returns the address of a key's value, 0 when there is none.
	Lookup(cpu int, key []byte) uint64
	// Update sets a value.
	Update(cpu int, key, value []byte, flags uint64) errno.Errno
	// Delete removes a key.
	Delete(key []byte) errno.Errno
	// Get copies a value.
	Get(key []byte) ([]byte, errno.Errno)
	// Put sets a value.
	Put(key, value []byte, flags uint64) errno.Errno
	// Next returns the key after one, the first for nil or a key that is not
	// there; ENOENT at the end.
	Next(key []byte) ([]byte, errno.Errno)
}

// Visit calls each with the elements of a map, the key and the address of the
// value that a CPU has, until it returns false.
func Visit(m Map, cpu int, each func(key []byte, value uint64) bool) {
	if h, ok := m.(*hash); ok {
		h.visit(cpu, each)
		return
	}
	for k, e := m.Next(nil); e == errno.OK; k, e = m.Next(k) {
		if value := m.Lookup(cpu, k); value != 0 && !each(k, value) {
			return
		}
	}
}

// Stack is a map whose elements have no keys: queue, stack and bloom filter.
type Stack interface {
	Push(value []byte, flags uint64) errno.Errno
	Pop(value []byte) errno.Errno
	Peek(value []byte) errno.Errno
}

// MaxBytes bounds the memory of one map's values.
const MaxBytes = mem.MaxRegion - 1

var errTooBig = errors.New("values need more than 2 GiB")

// Options are what maps of a machine have in common.
type Options struct {
	Space *mem.Space
	CPUs  int
	Seed  uint64 // of the hash functions of maps without BPF_F_ZERO_SEED
}

// New makes a map.
func New(s Spec, o Options) (Map, error) {
	m, err := create(s, o)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", s.Name, err)
	}
	return m, nil
}

func create(s Spec, o Options) (Map, error) {
	make, ok := makers[s.Type]
	if !ok {
		return nil, fmt.Errorf("unsupported: map type %s", s.Type)
	}
	return make(s, o)
}

type maker func(Spec, Options) (Map, error)

// makers has a row for each map type that is simulated.
var makers = map[ebpf.MapType]maker{
	ebpf.Array:               newArray,
	ebpf.PerCPUArray:         newArray,
	ebpf.Hash:                newHash,
	ebpf.PerCPUHash:          newHash,
	ebpf.LRUHash:             newHash,
	ebpf.LRUCPUHash:          newHash,
	ebpf.LPMTrie:             newTrie,
	ebpf.Queue:               newQueue,
	ebpf.Stack:               newQueue,
	ebpf.BloomFilter:         newBloom,
	ebpf.RingBuf:             newRing,
	ebpf.ProgramArray:        newRefs,
	ebpf.ArrayOfMaps:         newRefs,
	ebpf.HashOfMaps:          newRefs,
	ebpf.PerfEventArray:      newEvents,
	ebpf.DevMap:              newSlots,
	ebpf.DevMapHash:          newHash,
	ebpf.CPUMap:              newSlots,
	ebpf.XSKMap:              newSlots,
	ebpf.SockMap:             newSlots,
	ebpf.SockHash:            newHash,
	ebpf.StackTrace:          newStacks,
	ebpf.CGroupArray:         newSlots,
	ebpf.CGroupStorage:       newCgroupStorage,
	ebpf.PerCPUCGroupStorage: newCgroupStorage,
	ebpf.SkStorage:           newStorage,
	ebpf.InodeStorage:        newStorage,
	ebpf.TaskStorage:         newStorage,
	ebpf.CgroupStorage:       newStorage,
	ebpf.ReusePortSockArray:  newSlots,
	ebpf.StructOpsMap:        newArray,
	ebpf.UserRingbuf:         newUserRing,
	ebpf.Arena:               newArena,
}

func (s *Spec) perCPU() bool {
	switch s.Type {
	case ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash, ebpf.PerCPUCGroupStorage:
		return true
	}
	return false
}

func (s *Spec) lru() bool { return s.Type == ebpf.LRUHash || s.Type == ebpf.LRUCPUHash }

// values is the memory of a map's values: one region, or one for each CPU.
type values struct {
	special []Field
	stride  int
	size    int
	bases   []uint64 // address by CPU
	data    [][]byte // by CPU
}

func newValues(s *Spec, o Options, count int) (values, error) {
	v := values{special: s.Special, stride: (int(s.ValueSize) + 7) &^ 7, size: int(s.ValueSize)}
	n := 1
	if s.perCPU() {
		n = max(o.CPUs, 1)
	}
	if v.stride*count > MaxBytes {
		return v, errTooBig
	}
	for cpu := range n {
		data := make([]byte, v.stride*count)
		r := mem.Region{R: data, W: data}
		if s.Flags&FlagReadOnly != 0 {
			r.W = nil
		}
		if s.Flags&FlagWriteOnly != 0 {
			r.R = nil
		}
		name := "values of map " + s.Name
		if n > 1 {
			name = fmt.Sprintf("%s on CPU %d", name, cpu)
		}
		v.bases = append(v.bases, o.Space.Add(r, mem.Info{Name: name}))
		v.data = append(v.data, data)
	}
	return v, nil
}

// addr is the address of an element's value on a CPU.
func (v *values) addr(cpu, i int) uint64 {
	if len(v.bases) == 1 {
		cpu = 0
	}
	return v.bases[cpu] + uint64(i*v.stride)
}

// at is the memory of an element's value on a CPU.
func (v *values) at(cpu, i int) []byte {
	if len(v.data) == 1 {
		cpu = 0
	}
	return v.data[cpu][i*v.stride : i*v.stride+v.size]
}

// get copies an element's value for user space, with zeros for special fields.
func (v *values) get(i int) []byte {
	if len(v.data) == 1 {
		out := make([]byte, v.size)
		v.copy(out, v.at(0, i))
		return out
	}
	out := make([]byte, v.stride*len(v.data))
	for cpu := range v.data {
		v.copy(out[cpu*v.stride:], v.at(cpu, i))
	}
	return out
}

// put sets an element's value from user space.
func (v *values) put(i int, value []byte, fresh bool) {
	if len(v.data) == 1 {
		v.replace(v.at(0, i), value, fresh)
		return
	}
	for cpu := range v.data {
		v.replace(v.at(cpu, i), value[cpu*v.stride:], fresh)
	}
}

// set sets an element's value from a program. When the element is new, the
// values of other CPUs are zeroed.
func (v *values) set(cpu, i int, value []byte, fresh bool) {
	if fresh {
		for other := range v.data {
			if other != cpu {
				clearValue(v.at(other, i))
			}
		}
	}
	v.replace(v.at(cpu, i), value, fresh)
}

// replace copies a value in; special fields are emptied, except the lock of an
// element that was there before.
func (v *values) replace(dst, src []byte, fresh bool) {
	for _, f := range v.special {
		if fresh || !f.Lock {
			clearValue(dst[f.Off : f.Off+f.Size])
		}
	}
	v.copy(dst, src)
}

// release empties the special fields of an element, except its lock.
func (v *values) release(i int) {
	for _, f := range v.special {
		for cpu := range v.data {
			if !f.Lock {
				clearValue(v.at(cpu, i)[f.Off : f.Off+f.Size])
			}
		}
	}
}

// copy copies a value without its special fields.
func (v *values) copy(dst, src []byte) {
	at := 0
	for _, f := range v.special {
		copyValue(dst[at:f.Off], src[at:f.Off])
		at = f.Off + f.Size
	}
	copyValue(dst[at:], src[at:min(len(src), v.size)])
}

// element returns the number of the element that an address lies in, and the
// address of its value.
func (v *values) element(addr uint64) (i int, value uint64, ok bool) {
	for cpu, base := range v.bases {
		if off := addr - base; off < uint64(len(v.data[cpu])) {
			i = int(off) / v.stride
			return i, base + uint64(i*v.stride), true
		}
	}
	return 0, 0, false
}

// copyValue copies as the kernel does: without excluding programs that have a
// pointer to the value, who may see it half written.
//
//go:norace
func copyValue(dst, src []byte) { copy(dst, src) }

//go:norace
func clearValue(b []byte) { clear(b) }

// checkFlags is what most types ask of Update's flags.
func checkFlags(flags uint64) errno.Errno {
	if flags&^Lock > Exist || flags&Lock != 0 {
		return errno.EINVAL
	}
	return errno.OK
}
