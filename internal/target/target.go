// Package target makes targets of known kernels.
package target

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// New makes the target for the recorded release of a kernel. Its types come from a file, if one is
// named, and from what the project knows of this kernel otherwise; they are
// read when the first program needs them.
func New(kernel linux.Version, caps linux.Caps, btfFile string) *prog.Target {
	return For(kernel.Recorded(), caps, btfFile)
}

// For is New for a release.
func For(release linux.Release, caps linux.Caps, btfFile string) *prog.Target {
	kernel := release.Version
	types, view := kernelbtf.Source(btfFile, kernel)
	return &prog.Target{
		Kernel:      kernel,
		Patch:       release.Patch,
		Caps:        caps,
		KernelTypes: types,
		KernelView:  view,
		Config:      func(option string) (string, bool) { return kernelbtf.Config(kernel, option) },
	}
}

// Names lists the kernels that can be judged for, oldest first.
func Names() []string {
	var names []string
	for _, v := range linux.Targets() {
		names = append(names, v.String())
	}
	return names
}

// Parse reads the name of a kernel that can be judged for, with or without a
// patch level.
func Parse(name string) (linux.Release, error) {
	r, err := linux.ParseRelease(name)
	if err == nil && !slices.Contains(linux.Targets(), r.Version) {
		err = fmt.Errorf("kernel %s is not modelled: want one of %s", name, strings.Join(Names(), ", "))
	}
	return r, err
}
