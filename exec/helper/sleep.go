package helper

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// sleeps is a helper that may sleep. A program that was not loaded as one that
// may, which no verifier lets call it, stops.
func sleeps(name string, f vm.Func) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		if !EnvOf(c).MaySleep {
			return 0, fmt.Errorf("%s may sleep, and the program must not", name)
		}
		return f(c)
	}
}

// copyFromUserTask copies from the memory of another process, which here is the
// same as that of all.
func copyFromUserTask(c *vm.CPU) (uint64, error) {
	if c.R[5] != 0 {
		return ret(errno.EINVAL)
	}
	return probeRead(c)
}
