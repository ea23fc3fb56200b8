// Package override checks programs that make the function which they probe
// fail.
package override

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

const (
	inArray   = "override/program-array"
	notEntry  = "lint/override-entry"
	notListed = "lint/override-target"
)

// Analyzer looks at calls of bpf_override_return.
var Analyzer = &analysis.Analyzer{
	Name: "override",
	Doc: `check programs that call bpf_override_return

The helper skips the probed function and returns an error in its place. The
kernel allows that only at the entry of functions that opted in with
ALLOW_ERROR_INJECTION, and checks it when the program is attached; a program that
could be called from another place is refused when it is loaded.`,
	URL: "https://docs.ebpf.io/linux/helper-function/bpf_override_return/",
	Diagnostics: []analysis.Rule{
		{
			ID: inArray, Severity: analysis.Reject, Title: "a program that overrides results uses a program array",
			Doc: `What a tail call leads to is not checked for the function that is probed, so a program that calls
bpf_override_return can neither be in a program array nor call into one. The kernel answers EINVAL without a message.`,
		},
		{
			ID: notEntry, Severity: analysis.Warning, Title: "results can be overridden at the entry of a function only",
			Doc: `A kretprobe runs when the function is over, and a probe at an offset runs in its middle. Attaching such a
program fails with EINVAL. Uprobes and multi-probes cannot override results either.`,
		},
		{
			ID: notListed, Severity: analysis.Warning, Title: "the probed function did not opt in to error injection",
			Doc: `Only functions that are marked with ALLOW_ERROR_INJECTION, and the entries of system calls, can be made to
fail. The running kernel lists them in /sys/kernel/debug/error_injection/list. Attaching to another function fails with
EINVAL.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	call := firstCall(p)
	if call < 0 || p.Type != ebpf.Kprobe {
		return nil, nil
	}
	for _, m := range p.Maps {
		if m.Spec.Type == ebpf.ProgramArray {
			pass.Report(analysis.Diagnostic{
				ID: inArray, Insn: call, Errno: "EINVAL",
				Message: fmt.Sprintf("a program that calls bpf_override_return cannot use the program array %s", m.Name),
				Hint:    "override the result in a program of its own",
			})
		}
	}
	switch words := place(p); {
	case words != "":
		pass.Report(analysis.Diagnostic{
			ID: notEntry, Insn: call, Message: words + " cannot override the result of a function",
			Hint: "attach to the entry of the function: SEC(\"kprobe/" + p.AttachTo + "\")",
		})
	case p.AttachTo != "" && !injects(p.Target, p.AttachTo):
		pass.Report(analysis.Diagnostic{
			ID: notListed, Insn: call,
			Message: fmt.Sprintf("%s is not known to allow error injection", p.AttachTo),
			Hint:    "look for it in /sys/kernel/debug/error_injection/list, or probe a caller that is listed",
		})
	}
	return nil, nil
}

// place says where a program runs when that is not the entry of one function.
func place(p *prog.Program) string {
	kind, _, _ := strings.Cut(p.Section, "/")
	switch {
	case strings.HasPrefix(kind, "kret"):
		return "a kretprobe"
	case strings.HasPrefix(kind, "u"):
		return "a uprobe"
	case strings.HasSuffix(kind, ".multi"):
		return "a probe of many functions"
	case strings.Contains(p.Section, "+"):
		return "a probe inside of a function"
	}
	return ""
}

// injects asks the target's list of functions, or else what is known of Linux.
func injects(t *prog.Target, function string) bool {
	if t.Injects != nil {
		return t.Injects(function)
	}
	return t.Kernel.InjectsErrors(function)
}

func firstCall(p *prog.Program) int {
	for i := 0; i < len(p.Insns); i += p.Insns[i].Size() {
		if in := p.Insns[i]; in.Op == cfg.OpCALL && in.Src() == cfg.CallHelper && in.Imm == linux.HelperOverrideReturn {
			return i
		}
	}
	return -1
}
