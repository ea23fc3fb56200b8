package kfunc

import (
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// cgroupFromID returns a cgroup of the scenario or that of a task, null when there
// is none.
func cgroupFromID(c *vm.CPU) (uint64, error) {
	return helper.EnvOf(c).World.CgroupAddr(c.R[1]), nil
}

// cgroupAncestor returns the cgroup's ancestor at a level, null when there is
// none.
func cgroupAncestor(c *vm.CPU) (uint64, error) {
	w := helper.EnvOf(c).World
	id, ok := w.Ancestor(w.CgroupAt(c.R[1]), int(int32(c.R[2])))
	if !ok {
		return 0, nil
	}
	return w.CgroupAddr(id), nil
}

// taskUnderCgroup says whether a task is in a cgroup or below it.
func taskUnderCgroup(c *vm.CPU) (uint64, error) {
	e := helper.EnvOf(c)
	t := e.TaskAt(c.R[1])
	return boolean(t != nil && e.World.Under(t.CgroupID, e.World.CgroupAt(c.R[2]))), nil
}
