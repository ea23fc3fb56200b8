package vm

import (
	"slices"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/mem"
)

// Func is a function outside the program: a helper or a kfunc. Its arguments
// are in c.R[1] to c.R[5]; what it returns becomes R0. An error stops the
// program.
type Func func(c *CPU) (uint64, error)

// TailCall finds the code that replaces the running program; nil when the call
// fails and the program goes on with the next instruction.
type TailCall func(c *CPU) (*Code, error)

// Linker gives instructions what they refer to outside the program.
type Linker interface {
	// Helper returns the helper with a number. A helper that is not there
	// should be a Func that says so, since the call may never be reached.
	Helper(id int32) (Func, error)
	// Kfunc returns the kernel function with a BTF ID of the module in off.
	Kfunc(id int32, off int16) (Func, error)
	// TailCall returns what the tail call helper does.
	TailCall() TailCall
	// Jump returns where a tail call leads whose array, by its address, and index
	// are constant: a cell that is empty while no program is there. nil says that
	// every call has to ask TailCall.
	Jump(array uint64, index uint32) *atomic.Pointer[Code]
	// Const returns the value of a 64-bit constant that refers to something:
	// src is one of cfg.ConstMap and its kin, lo and hi are the immediates of
	// the two slots.
	Const(src uint8, lo, hi int32) (uint64, error)
	// LegacyLoad is what LD_ABS and LD_IND do: it reads size bytes in network
	// order at an offset of the packet whose context is in R6; false ends the
	// program with R0 = 0.
	LegacyLoad(c *CPU, off int64, size int) (uint64, bool)
}

// Code is a predecoded program. It does not change once it is loaded and can
// be run by many CPUs at the same time.
type Code struct {
	Name   string
	insts  []inst
	slots  []int32 // slot of each inst
	calls  []Func
	probes []Probe
	enters []Enter
	tail   TailCall
	jumps  []*atomic.Pointer[Code] // of tail calls that are direct jumps
	cast   func(v uint64, user bool) uint64
	legacy func(c *CPU, off int64, size int) (uint64, bool)
	base   uint64 // address of the first instruction, for function pointers
}

// Slot returns the slot of a predecoded instruction.
func (k *Code) slot(pc int) int {
	if pc < 0 || pc >= len(k.slots) {
		return -1
	}
	return int(k.slots[pc])
}

// Func returns the address of the function that starts at a slot.
func (k *Code) Func(slot int) uint64 {
	pc, _ := slices.BinarySearch(k.slots, int32(slot))
	return k.base + uint64(pc)
}

// Options of Load.
type Options struct {
	Name   string
	Linker Linker
	Space  *mem.Space
	// Cast turns a pointer into the arena into the one that user space has
	// there, or back; nil for a program without an arena.
	Cast func(v uint64, user bool) uint64
	// BeforeTailCall, when not 0, is what R4 holds at tail calls: an instruction
	// that is put before each of them loads it.
	BeforeTailCall uint32
	// CallNumber calls a helper whose number a register holds; nil when that
	// cannot be done.
	CallNumber func(c *CPU, id uint64) (uint64, error)
	// Observer says what is watched while the program runs. What is not
	// watched costs nothing.
	Observer Observer
}
