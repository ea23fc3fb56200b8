//go:build !linux

package helper_test

import (
	"errors"

	"github.com/cilium/ebpf"
)

func kernelCanRun() bool { return false }

func inKernel(*ebpf.CollectionSpec, string) (side, error) {
	return nil, errors.New("there is no kernel to ask")
}
