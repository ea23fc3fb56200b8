package kfunc

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// Work is a timer that is due at once.

func workInit(c *vm.CPU) (uint64, error) {
	if c.R[3] != 0 {
		return ret(errno.EINVAL)
	}
	e, err := helper.EnvOf(c).Timers.Init(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func workSetCallback(c *vm.CPU) (uint64, error) {
	if c.R[3] != 0 {
		return ret(errno.EINVAL)
	}
	e, err := helper.EnvOf(c).Timers.SetCallback(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func workStart(c *vm.CPU) (uint64, error) {
	if c.R[2] != 0 {
		return ret(errno.EINVAL)
	}
	e, err := helper.EnvOf(c).Timers.Start(c, c.R[1], 0)
	return e.Ret(), err
}

// taskWork has a task call a function before it goes on in user space: R2 is the
// work, R3 its map, R4 the function. All tasks do so when the program has ended.
func taskWork(c *vm.CPU) (uint64, error) {
	e, err := helper.EnvOf(c).Timers.Once(c, c.R[2], c.R[3], c.R[4])
	return e.Ret(), err
}
