package agree

import (
	"github.com/cilium/ebpf/btf"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Target describes a release as the recorded kernels were: all capabilities, one
// CPU and the types of a common build, or those of a file if one is named.
func Target(r linux.Release, typesFile string) *prog.Target {
	v := r.Version
	target := &prog.Target{
		Kernel:      v,
		Patch:       r.Patch,
		Caps:        linux.CapAll,
		CPUs:        1,
		KernelTypes: func() (*btf.Spec, error) { return kernelbtf.For(v) },
		KernelView:  func() (*view.Types, error) { return kernelbtf.View(v) },
		Config:      func(option string) (string, bool) { return kernelbtf.Config(v, option) },
	}
	if typesFile != "" {
		target.KernelTypes, target.KernelView = kernelbtf.Source(typesFile, v)
	}
	return target
}
