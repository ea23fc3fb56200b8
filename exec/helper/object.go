package helper

import (
	"sync"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// exchange makes swaps of pointers in map values one step.
var exchange sync.Mutex

// kptrXchg puts a pointer into a map value and returns the one that was there.
func kptrXchg(c *vm.CPU) (uint64, error) {
	b, err := c.Mem.Write(c.R[1], 8)
	if err != nil {
		return 0, err
	}
	exchange.Lock()
	defer exchange.Unlock()
	old := mem.Get(b)
	mem.Put(b, c.R[2])
	return old, nil
}

// perCPUPtr returns another CPU's copy of a per-CPU object, null when there is
// no such CPU.
func perCPUPtr(c *vm.CPU) (uint64, error) {
	if cpu := uint32(c.R[2]); int(cpu) < EnvOf(c).Maps.CPUs && c.R[1] != 0 {
		return PerCPU(c.R[1], int(cpu)), nil
	}
	return 0, nil
}

func thisCPUPtr(c *vm.CPU) (uint64, error) { return PerCPU(c.R[1], c.ID), nil }

// findVMA calls a function with the current task's memory area of an address.
// There is none: tasks have no memory of their own here.
func findVMA(c *vm.CPU) (uint64, error) {
	if c.R[5] != 0 {
		return ret(errno.EINVAL)
	}
	return ret(errno.ENOENT)
}
