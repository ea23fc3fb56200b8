package helper

import "github.com/bpflint/bpflint/exec/vm"

// The socket of a packet belongs to the cgroup of the current task, which made
// it.

func ancestorCgroupID(c *vm.CPU, level uint64) (uint64, error) {
	e := EnvOf(c)
	id, _ := e.World.Ancestor(e.Task.CgroupID, int(int32(level)))
	return id, nil
}

func currentAncestorCgroupID(c *vm.CPU) (uint64, error) { return ancestorCgroupID(c, c.R[1]) }

func socketAncestorCgroupID(c *vm.CPU) (uint64, error) { return ancestorCgroupID(c, c.R[2]) }
