package kfunc

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

func arenaArg(c *vm.CPU) (*maps.Arena, error) {
	a, ok := helper.EnvOf(c).Maps.At(c.R[1]).(*maps.Arena)
	if !ok {
		return nil, fmt.Errorf("R1=%#x is not an arena", c.R[1])
	}
	return a, nil
}

// arenaAlloc gives memory to pages of an arena.
func arenaAlloc(c *vm.CPU) (uint64, error) {
	a, err := arenaArg(c)
	if err != nil || c.R[5] != 0 {
		return 0, err
	}
	return a.Alloc(c.R[2], int(uint32(c.R[3]))), nil
}

func arenaFree(c *vm.CPU) (uint64, error) {
	a, err := arenaArg(c)
	if err == nil {
		a.Free(c.R[2], int(uint32(c.R[3])))
	}
	return 0, err
}
