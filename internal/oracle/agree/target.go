package agree

import (
	"github.com/cilium/ebpf/btf"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Target describes the kernel of a version as the recorded ones were: all
// capabilities and the types of a common build.
func Target(v linux.Version) *prog.Target {
	return &prog.Target{
		Kernel:      v,
		Patch:       v.Recorded().Patch,
		Caps:        linux.CapAll,
		CPUs:        1,
		KernelTypes: func() (*btf.Spec, error) { return kernelbtf.For(v) },
		KernelView:  func() (*view.Types, error) { return kernelbtf.View(v) },
		Config:      func(option string) (string, bool) { return kernelbtf.Config(v, option) },
	}
}
