// Package bpflint says what the verifier of a Linux kernel would say of the
// programs of a collection, without that kernel and without privileges.
//
// It is meant for tests beside the code that loads the programs:
//
//	func TestVerifier(t *testing.T) {
//		spec, err := loadProbe() // by bpf2go
//		require.NoError(t, err)
//		for _, kernel := range bpflint.Kernels() {
//			res, err := bpflint.Check(spec, bpflint.Options{Kernel: kernel})
//			require.NoError(t, err)
//			require.NoError(t, res.Err())
//		}
//	}
//
// The command bpflint does the same for object files.
package bpflint

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/analysis"
	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/prog"
)

// Options say for which kernel and how to judge. The zero value means the
// default kernel, a privileged loader and all programs.
type Options struct {
	// Kernel is one of [Kernels], such as "6.18"; empty means [DefaultKernel].
	// With a patch level, such as "6.18.44", fixes of stable releases count.
	Kernel string
	// Caps are the capabilities of the process that would load the programs,
	// such as "CAP_BPF,CAP_NET_ADMIN", "all" or "none"; empty means all.
	Caps string
	// Arch is the machine whose registers kprobes and perf events see, "x86_64" or
	// "arm64"; empty means x86_64. Everything else is as on x86_64.
	Arch string
	// BTF has the types of the kernel; nil means those of a common build of
	// Kernel, which are part of this package.
	BTF *btf.Spec
	// Replaced has the program that programs of type Extension (freplace)
	// replace functions of, as it is loaded before them.
	Replaced *ebpf.CollectionSpec
	// Extensions are kinds of programs that were proposed for Linux and that no
	// kernel loads: "gtrace".
	Extensions []string
	// ErrorInjection says for which functions the kernel has bpf_override_return:
	// "known" for those of the kernel's sources, "running" for those that the
	// running kernel lists, or a file with such a list. Empty means a kernel
	// without the helper, as most are.
	ErrorInjection string
	// StrictAlignment and StateFreq set BPF_F_STRICT_ALIGNMENT and
	// BPF_F_TEST_STATE_FREQ on every program, beside the flags in the spec.
	StrictAlignment bool
	StateFreq       bool
	// Programs are names, or patterns as of path.Match; empty means all.
	Programs []string
	// Enable and Disable choose analyzers and rules as the flags of the
	// command do.
	Enable, Disable []string
	// Jobs is how many programs are judged at a time; 0 means GOMAXPROCS.
	Jobs int
}

// DefaultKernel is the kernel that is meant when none is named.
func DefaultKernel() string { return linux.DefaultTarget().String() }

// Kernels lists the kernels that can be judged for, oldest first.
func Kernels() []string { return target.Names() }

// Result has one verdict for each program that was chosen.
type Result struct {
	Kernel   string
	Programs []*analysis.ProgramResult // by name
}

// Check judges the programs of a collection as [ebpf.NewCollection] would load
// them: with their type, attach type and target, licence and flags, the maps
// they use and their BTF, if there is any. The spec is not changed.
//
// The error is about the options; what is wrong with a program is its verdict.
func Check(spec *ebpf.CollectionSpec, o Options) (*Result, error) {
	if spec == nil {
		return nil, errors.New("bpflint: no collection")
	}
	target, err := o.target()
	if err != nil {
		return nil, fmt.Errorf("bpflint: %w", err)
	}
	res, err := analysis.Run([]analysis.Object{{Spec: spec}}, analysis.Config{
		Suite:     passes.Suite(),
		Selection: analysis.Selection{Enable: o.Enable, Disable: o.Disable},
		Target:    target,
		Flags:     analysis.LoadFlags(o.StrictAlignment, o.StateFreq),
		Programs:  o.Programs,
		Jobs:      o.Jobs,
	})
	if err != nil {
		return nil, fmt.Errorf("bpflint: %w", err)
	}
	return &Result{Kernel: res.Kernel, Programs: res.Objects[0].Programs}, nil
}

func (o Options) target() (*prog.Target, error) {
	kernel, caps := linux.DefaultTarget().Recorded(), linux.CapAll
	var err error
	if o.Kernel != "" {
		if kernel, err = target.Parse(o.Kernel); err != nil {
			return nil, err
		}
	}
	if o.Caps != "" {
		if caps, err = linux.ParseCaps(o.Caps); err != nil {
			return nil, err
		}
	}
	t := target.For(kernel, caps, "")
	t.Loaded = o.Replaced
	if t.Arch, err = linux.ParseArch(o.Arch); err != nil {
		return nil, err
	}
	if t.Extensions, err = linux.ParseExtensions(o.Extensions); err != nil {
		return nil, err
	}
	if t.Injects, err = target.Injects(o.ErrorInjection, kernel.Version); err != nil {
		return nil, err
	}
	if o.BTF != nil {
		t.KernelTypes = func() (*btf.Spec, error) { return o.BTF, nil }
		t.KernelView = sync.OnceValues(func() (*view.Types, error) { return prog.ViewOf(o.BTF) })
	}
	return t, nil
}

// Program returns the result for a program, nil when none has that name.
func (r *Result) Program(name string) *analysis.ProgramResult {
	for _, p := range r.Programs {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Err returns nil when all programs are accepted, else an error with one line
// for each that is not.
func (r *Result) Err() error {
	var errs []error
	for _, p := range r.Programs {
		if p.Verdict != analysis.VerdictAccept {
			errs = append(errs, fmt.Errorf("program %s for Linux %s: %s: %s%s", p.Name, r.Kernel, p.Verdict, p.Message, at(p)))
		}
	}
	return errors.Join(errs...)
}

// at names the place at which a program fails.
func at(p *analysis.ProgramResult) string {
	switch {
	case p.Insn < 0:
		return ""
	case p.Pos.IsValid():
		return fmt.Sprintf(" (%s:%d, instruction %d)", p.Pos.File, p.Pos.Line, p.Insn)
	default:
		return fmt.Sprintf(" (instruction %d)", p.Insn)
	}
}
