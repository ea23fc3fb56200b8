package prog

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// Target is the kernel that a program is meant for. It is shared by all
// programs that are linked for it and must not change meanwhile.
type Target struct {
	Kernel linux.Version
	// Patch is the level within the kernel's stable series; 0 means the newest
	// that is known.
	Patch uint16
	Caps  linux.Caps
	// Arch is the machine, as far as programs see its registers.
	Arch linux.Arch
	// Order is the byte order of the machine, nil for that of the object.
	Order binary.ByteOrder
	// CPUs is the number of possible CPUs, which sizes some maps and bounds what
	// programs learn about the CPU they run on; 0 means 1.
	CPUs int

	// Loaded holds the programs that extensions (freplace) replace functions of;
	// nil means that there are none.
	Loaded *ebpf.CollectionSpec

	// Extensions are kinds of programs that no kernel has.
	Extensions linux.Extensions

	// Injects tells the functions whose result bpf_override_return may replace.
	// The nil func means a kernel that was built without the helper.
	Injects func(function string) bool

	// Symbols are the kernel's functions, nil when they are not known.
	Symbols *linux.Symbols

	// KernelTypes returns the kernel's BTF, nil when it has none. It is called
	// only for programs that need it and may be called by several goroutines;
	// it must return the same value each time. The nil func means no BTF.
	KernelTypes func() (*btf.Spec, error)
	// KernelView returns a view of the blob that KernelTypes was made from, under
	// the same conditions. The nil func means that it has to be encoded again
	// for each program.
	KernelView func() (*view.Types, error)
	// Config returns the value of a kernel configuration option as in a .config
	// file ("y", "m", "100" or "\"text\""). The nil func knows no option.
	Config func(option string) (value string, ok bool)
}

// Release returns the kernel with its patch level.
func (t *Target) Release() linux.Release { return linux.Release{Version: t.Kernel, Patch: t.Patch} }

// Types returns the kernel's BTF, nil when it has none. The spec may be used by
// several goroutines; nobody may write to its types.
func (t *Target) Types() (*btf.Spec, error) {
	if t.KernelTypes == nil {
		return nil, nil
	}
	types, err := t.KernelTypes()
	if err != nil {
		return nil, fmt.Errorf("types of kernel %s: %w", t.Kernel, err)
	}
	return types, nil
}

// View returns a view of the kernel's BTF, nil when it has none.
func (t *Target) View() (*view.Types, error) {
	if t.KernelView != nil {
		return t.KernelView()
	}
	types, err := t.Types()
	if types == nil || err != nil {
		return nil, err
	}
	return ViewOf(types)
}

// ViewOf encodes types to make a view of them. The IDs stay the same.
func ViewOf(types *btf.Spec) (*view.Types, error) {
	builder, err := sameIDs(types, nil)
	if err != nil {
		return nil, err
	}
	blob, err := builder.Marshal(nil, nil)
	if err != nil {
		return nil, err
	}
	return view.Open(blob)
}

// needTypes is Types for callers that cannot do without.
func (t *Target) needTypes(why string) (*btf.Spec, error) {
	types, err := t.Types()
	if err == nil && types == nil {
		err = fmt.Errorf("%s needs the BTF of kernel %s, and there is none", why, t.Kernel)
	}
	return types, err
}

func (t *Target) cpus() uint32 { return uint32(max(t.CPUs, 1)) }

// Option returns the value of a kernel configuration option.
func (t *Target) Option(name string) (string, bool) {
	if t.Config == nil {
		return "", false
	}
	return t.Config(name)
}
