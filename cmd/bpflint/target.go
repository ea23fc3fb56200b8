package main

import (
	"fmt"
	"os"
	"sync"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// newTarget makes the target for a kernel. The BTF file is read when the first
// program needs it.
func newTarget(kernel linux.Version, caps linux.Caps, btfPath string) *prog.Target {
	t := &prog.Target{Kernel: kernel, Caps: caps}
	if btfPath != "" {
		t.KernelTypes = sync.OnceValues(func() (*btf.Spec, error) {
			spec, err := btf.LoadSpec(btfPath)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", btfPath, err)
			}
			return spec, nil
		})
	}
	return t
}

// checkBTF catches a misspelled path before anything is judged.
func checkBTF(path string) error {
	if path == "" {
		return nil
	}
	_, err := os.Stat(path)
	return err
}
