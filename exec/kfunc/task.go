package kfunc

import (
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// taskFromPID returns the task with a number, null when there is none.
func taskFromPID(c *vm.CPU) (uint64, error) {
	e := helper.EnvOf(c)
	for _, t := range append([]*helper.Task{e.Task}, e.Tasks...) {
		if t.PID == uint32(c.R[1]) && e.TaskAddr != nil {
			return e.TaskAddr(t), nil
		}
	}
	return 0, nil
}
