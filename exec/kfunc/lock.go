package kfunc

import (
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/vm"
)

// lockResilient takes a lock, or says why that would never end.
func lockResilient(c *vm.CPU) (uint64, error) {
	return ret(helper.EnvOf(c).Maps.LockResilient(c.R[1], c.ID))
}

func unlockResilient(c *vm.CPU) (uint64, error) {
	return 0, helper.EnvOf(c).Maps.Unlock(c.R[1])
}
