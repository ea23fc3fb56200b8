package kfunc

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// signalTask sends a signal to a task or its process.
func signalTask(c *vm.CPU) (uint64, error) {
	const toThread, toProcess = 0, 1 // enum pid_type
	e, kind := helper.EnvOf(c), uint32(c.R[3])
	t := e.TaskAt(c.R[1])
	if t == nil || kind != toThread && kind != toProcess {
		return ret(errno.EINVAL)
	}
	return ret(e.World.Send(helper.Signal{Number: uint32(c.R[2]), To: t, Thread: kind == toThread}))
}
