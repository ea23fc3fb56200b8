package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// hook is what the target kernel lets the program do, by its type and where it
// attaches.
type hook struct {
	*linux.Hook
	kernel  *linux.Kernel
	caps    linux.Caps
	context *linux.Context // nil for the arguments of a kernel's function
	inject  bool           // results of functions can be overridden
	gpl     bool           // the licence is compatible
	cpus    int
}

// newHook returns a hook whose Hook is nil when the kernel does not load such
// programs.
func newHook(p *prog.Program) hook {
	h := hook{kernel: linux.For(p.Target.Kernel), caps: p.Target.Caps, cpus: max(p.Target.CPUs, 1)}
	h.gpl = linux.GPLCompatible(p.License)
	h.Hook = h.kernel.Hook(uint32(p.Type), uint32(p.AttachType), p.Flags&flagSleepable != 0, p.AttachTo)
	h.inject = p.Target.Injects != nil && p.Type == ebpf.Kprobe
	if h.Hook != nil {
		h.context = h.ContextOn(p.Target.Arch, p.Target.Kernel)
	}
	return h
}

// helper returns the prototype of a helper, nil when programs like this one
// may not call it. It reports false when the kernel has no such helper.
func (h *hook) helper(id uint32) (*linux.Helper, bool) {
	if h.helperName(id) == "unknown" {
		return nil, false
	}
	if id == linux.HelperOverrideReturn && h.inject {
		return &linux.OverrideReturn, true
	}
	if !h.MayCall(id, h.caps) {
		return nil, true
	}
	return h.kernel.HelperOf(h.Hook, id), true
}

func (h *hook) helperName(id uint32) string { return h.kernel.HelperName(id) }
