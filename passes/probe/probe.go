// Package probe finds probes of functions that the target kernel does not have.
package probe

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

const (
	target    = "lint/probe-target"
	ambiguous = "lint/probe-ambiguous"
	static    = "lint/probe-static"
	moves     = "lint/probe-moves"
	version   = "lint/probe-version"
)

// Analyzer looks at what a kprobe is attached to.
var Analyzer = &analysis.Analyzer{
	Name: "probe",
	Doc: `find probes of functions that the target kernel does not have

Functions of the kernel are no interface: they are renamed, become static and are
inlined, and the compiler may give a copy another name (f.isra.0, f.part.0,
f.constprop.0). The kernel's BTF lists the functions that it really has, and its
list of symbols, with --symbols, also says which are static.`,
	URL: "https://docs.ebpf.io/linux/program-type/BPF_PROG_TYPE_KPROBE/",
	Diagnostics: []analysis.Rule{
		{
			ID: target, Severity: analysis.Warning, Title: "the target kernel does not seem to have the probed function",
			Doc: `Attaching the program will fail with ENOENT, or probe nothing. Attach to a tracepoint or use fentry where
there is one, list several names and attach to the first that exists, or make the program optional
(SEC("?kprobe/...")). Functions in assembly and in modules are not in the kernel's own BTF: for them this finding is
wrong.`,
		},
		{
			ID: ambiguous, Severity: analysis.Warning, Title: "several functions have the name of the probed one",
			Doc: `Static functions of different files may have one name. Kernels since 6.7 refuse to attach to such a name with
EADDRNOTAVAIL, older ones take the first.`,
		},
		{
			ID: static, Severity: analysis.Info, Title: "the probed function is static",
			Doc: `The compiler may inline a static function, remove arguments that are constant, or split it, in the next build
of the same kernel.`,
		},
		{
			ID: moves, Severity: analysis.Info, Title: "not all kernels have the probed function",
			Doc: `Of the kernels that are known, some list the function in their types and some do not: there it is renamed,
inlined or part of a module. List several names and attach to the first that exists.`,
		},
		{
			ID: version, Severity: analysis.Info, Title: "kernels before 5.0 want the object to name their version",
			Doc: `Until Linux 4.20, programs of type kprobe had to be loaded with the version of the running kernel, which loaders
take from the section "version" or ask the kernel for. Newer kernels ignore it.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	if p.Type == ebpf.Kprobe && p.KernelVersion == 0 && p.Target.Kernel.Less(versionIgnored) {
		pass.Report(analysis.Diagnostic{
			ID: version, Insn: -1, Message: "the object has no section \"version\", which this kernel compares with its own",
			Hint: "add: unsigned int version SEC(\"version\") = LINUX_VERSION_CODE;",
		})
	}
	name := function(p)
	if name == "" || p.Target.Injects != nil && p.Target.Injects(name) {
		return nil, nil // the kernel lists it among those that can be made to fail
	}
	if p.Target.Symbols != nil {
		findInSymbols(pass, name)
		return nil, nil
	}
	types, err := p.Target.View()
	if err != nil || types == nil {
		return nil, err
	}
	if _, ok := types.Find(btf.KindFunc, name); ok {
		compareKernels(pass, name)
		return nil, nil
	}
	pass.Report(analysis.Diagnostic{
		ID: target, Insn: -1,
		Message: fmt.Sprintf("the types of Linux %s list no function %s: it may be inlined, renamed or of a module", p.Target.Kernel, name),
		Hint:    "look into /proc/kallsyms of that kernel, or attach to a tracepoint",
	})
	return nil, nil
}

// versionIgnored is the first kernel that loads kprobes of any version.
var versionIgnored = linux.Version{Major: 5}

// function returns the one function that a kprobe is attached to, empty for
// other programs.
func function(p *prog.Program) string {
	kind, name, _ := strings.Cut(p.Section, "/")
	kind = strings.TrimPrefix(kind, "?")
	if p.Type != ebpf.Kprobe || kind != "kprobe" && kind != "kretprobe" && kind != "kprobe.s" {
		return ""
	}
	name, _, _ = strings.Cut(name, "+")
	if name == "" || strings.ContainsAny(name, "*?%$") {
		return ""
	}
	return name
}
