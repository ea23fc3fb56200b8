package helper

import (
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
)

func storageArg(c *vm.CPU) (*maps.Storage, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return nil, err
	}
	s, ok := m.(*maps.Storage)
	if !ok {
		return nil, fmt.Errorf("map %s is no local storage", m.Spec().Name)
	}
	return s, nil
}

// storageGet returns the value of the owner in R2; flag 1 makes one.
func storageGet(c *vm.CPU) (uint64, error) {
	const create = 1
	s, err := storageArg(c)
	if err != nil || c.R[2] == 0 || c.R[4]&^create != 0 {
		return 0, err
	}
	var initial []byte
	if c.R[3] != 0 {
		if initial, err = Bytes(c, 3, uint64(s.Spec().ValueSize)); err != nil {
			return 0, err
		}
	}
	return s.Of(c.R[2], c.R[4] == create, initial), nil
}

func storageDelete(c *vm.CPU) (uint64, error) {
	s, err := storageArg(c)
	if err != nil {
		return 0, err
	}
	if c.R[2] == 0 {
		return ret(errno.EINVAL)
	}
	return ret(s.Remove(c.R[2]))
}

// localStorage returns the value of the cgroup that the program is attached to.
func localStorage(c *vm.CPU) (uint64, error) {
	m, err := mapArg(c, 1)
	if err != nil {
		return 0, err
	}
	s, ok := m.(interface{ Here(cpu int) uint64 })
	if !ok {
		return 0, fmt.Errorf("map %s is no cgroup storage", m.Spec().Name)
	}
	return s.Here(c.ID), nil
}
