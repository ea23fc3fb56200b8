// Package helper holds the helper functions of the concrete machine, with the
// results and errors of Linux. A helper whose effect cannot be had outside a
// kernel stops the program with an error that says so.
package helper

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Task is the process on whose behalf a program runs.
type Task struct {
	PID, TGID uint32
	UID, GID  uint32
	Comm      string
	CgroupID  uint64
	Start     uint64 // nanoseconds since boot
}

// Env is the state that helpers have for one CPU.
type Env struct {
	Maps *Registry
	Heap *Heap
	Task *Task
	// Tasks are the other processes.
	Tasks []*Task
	// TaskAddr returns where a task's struct task_struct is; nil for nowhere.
	TaskAddr func(*Task) uint64
	Timers   *Timers
	World    *World
	Stack    Stack
	// Sysctl is the file that a program decides about.
	Sysctl Sysctl
	// Options are what a program does with the header of a TCP packet, Message
	// with a message.
	Options Options
	Message Message
	// Call is the function that the program observes.
	Call Call
	// Retval is the result of a cgroup hook.
	Retval int32
	// Seq is what an iterator printed.
	Seq []byte
	// Now returns the nanoseconds since boot.
	Now  func() uint64
	Rand *rand.Rand
	// Trace receives the lines of bpf_trace_printk, without their end.
	Trace func(line string)
	// Hook is the context of the program that runs.
	Hook hook.Context
	// MaySleep says that the program was loaded as one that may sleep.
	MaySleep bool
	// XDP says that the program is of that type, not for struct __sk_buff.
	XDP bool
	// Devices are the network devices; the loopback device, number 1, is there
	// even if it is not among them.
	Devices []Device
	// Routes are where packets would be sent.
	Routes Routes
	// Redirect is where the program last sent the packet.
	Redirect Redirect

	keys []byte // of elements that callbacks see
}

// Redirect is the target of bpf_redirect and its kin.
type Redirect struct {
	Ifindex uint32
	Map     string
	Key     []byte
	Flags   uint64
}

// EnvOf returns the state that helpers have for a CPU.
func EnvOf(c *vm.CPU) *Env { return c.Env.(*Env) }

// Registry gives maps the addresses by which programs name them.
type Registry struct {
	CPUs int
	// Object returns what programs read of the number-th map, counted from 0,
	// where they follow a pointer to struct bpf_map; nil when its layout is not
	// known.
	Object func(number int, m maps.Map) []byte

	base uint64
	list atomic.Pointer[[]Entry]
	locks
}

// Entry is a map that programs can name.
type Entry struct {
	Map  maps.Map
	Addr uint64
}

// NewRegistry returns a registry without maps.
func NewRegistry(space *mem.Space, cpus int) *Registry {
	r := &Registry{CPUs: cpus, locks: locks{held: make(map[uint64]int), waits: make(map[int]uint64)}}
	r.base = space.Add(mem.Region{}, mem.Info{Name: "a map", Device: r})
	r.list.Store(&[]Entry{})
	return r
}

// mapStride separates the addresses of maps, so that one is not reached from
// another by a small mistake.
const mapStride = 1 << 12

// Add gives a map an address.
func (r *Registry) Add(m maps.Map) Entry {
	for {
		old := r.list.Load()
		e := Entry{m, r.base + uint64(len(*old))*mapStride}
		list := append((*old)[:len(*old):len(*old)], e)
		if r.list.CompareAndSwap(old, &list) {
			return e
		}
	}
}

// At returns the map at an address, nil when there is none.
func (r *Registry) At(addr uint64) maps.Map {
	list := *r.list.Load()
	if off := addr - r.base; off%mapStride == 0 && off/mapStride < uint64(len(list)) {
		return list[off/mapStride].Map
	}
	return nil
}

// ringAt returns the ring buffer whose records include an address.
func (r *Registry) ringAt(addr uint64) *maps.Ring {
	for _, e := range *r.list.Load() {
		if ring, ok := e.Map.(*maps.Ring); ok && ring.Contains(addr) {
			return ring
		}
	}
	return nil
}

// mapArg returns the map that a register points to.
func mapArg(c *vm.CPU, reg int) (maps.Map, error) {
	if m := EnvOf(c).Maps.At(c.R[reg]); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("register R%d=%#x is not a pointer to a map", reg, c.R[reg])
}

// ringArg returns the ring buffer that a register points to.
func ringArg(c *vm.CPU, reg int) (*maps.Ring, error) {
	m, err := mapArg(c, reg)
	if err != nil {
		return nil, err
	}
	r, ok := m.(*maps.Ring)
	if !ok {
		return nil, fmt.Errorf("map %s is no ring buffer", m.Spec().Name)
	}
	return r, nil
}

// Bytes returns the readable memory that a register points to.
func Bytes(c *vm.CPU, reg int, n uint64) ([]byte, error) {
	if n > mem.MaxRegion {
		return nil, fmt.Errorf("size %#x is out of range", n)
	}
	if n == 0 {
		return nil, nil
	}
	return c.Mem.Read(c.R[reg], int(n))
}

// Buffer returns the writable memory that a register points to.
func Buffer(c *vm.CPU, reg int, n uint64) ([]byte, error) {
	if n > mem.MaxRegion {
		return nil, fmt.Errorf("size %#x is out of range", n)
	}
	if n == 0 {
		return nil, nil
	}
	return c.Mem.Write(c.R[reg], int(n))
}

// PacketOf returns the packet of the running program.
func PacketOf(c *vm.CPU) (*hook.Packet, error) {
	if p := EnvOf(c).Hook.Packet(); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("the program has no packet")
}

// ret is what most helpers end with.
func ret(e errno.Errno) (uint64, error) { return e.Ret(), nil }

// NotSimulated is the error of a helper or kfunc whose effect the machine does
// not have.
type NotSimulated struct{ Name string }

// Error names the function.
func (e *NotSimulated) Error() string { return "not simulated: " + e.Name }

// Lookup returns a helper by its number. One that is not simulated, or does
// not exist, stops the program that calls it.
func Lookup(id int32, name string) vm.Func {
	if id >= 0 && int(id) < len(table) && table[id] != nil {
		return table[id]
	}
	err := &NotSimulated{fmt.Sprintf("%s (helper %d)", name, id)}
	return func(*vm.CPU) (uint64, error) { return 0, err }
}

// maxKey is the longest key of a map that a callback can be given.
const maxKey = 512

// giveKey shows a callback a key and returns its address. The key that is given
// last is taken back first, once its callback has ended: callbacks nest, each sees
// its own key.
func (e *Env) giveKey(c *vm.CPU, n int) (key []byte, addr uint64, takeBack func()) {
	if e.keys == nil {
		e.keys = make([]byte, 0, maxKey*vm.MaxFrames)
	}
	begin := len(e.keys) // there are not more callbacks than frames
	n = min(n, maxKey)
	e.showKeys(c, begin+(n+7)&^7)
	return e.keys[begin:][:n], mem.Addr(hook.FirstFreeRegion) + uint64(begin), func() { e.showKeys(c, begin) }
}

// showKeys makes the first n bytes of the keys readable.
func (e *Env) showKeys(c *vm.CPU, n int) {
	e.keys = e.keys[:n]
	c.Mem.SetPrivate(hook.FirstFreeRegion, mem.Region{R: e.keys}, mem.Info{Name: "the key"})
}

// Simulated reports whether a helper does what it does in Linux, or answers what
// Linux answers where the thing is missing that it works on.
func Simulated(id int32) bool {
	const tailCall = 12 // an instruction of the engine
	return id == tailCall || id >= 0 && int(id) < len(table) && table[id] != nil
}
