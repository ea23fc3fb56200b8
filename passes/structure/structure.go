// Package structure reports what a kernel refuses before it explores a path.
package structure

import (
	"fmt"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

const (
	name        = "structure"
	unsupported = name + "/unsupported"
)

// Analyzer makes the checks of package precheck.
var Analyzer = &analysis.Analyzer{
	Name: name,
	Doc: `check instructions, functions and jumps as the kernel does before it explores

Before the verifier follows any path it looks at the program as a whole: its
size, the fields of its instructions, where jumps and calls lead, and whether
every instruction can be reached. It stops at the first fault, so there is at
most one finding for a program.`,
	Diagnostics: diagnostics(),
	Run:         run,
}

func diagnostics() []analysis.Rule {
	out := make([]analysis.Rule, 0, len(rules)+1)
	for _, r := range rules {
		out = append(out, analysis.Rule{ID: ruleID(r.kind), Severity: analysis.Reject, Title: r.title, Doc: r.doc})
	}
	return append(out, analysis.Rule{
		ID: unsupported, Severity: analysis.Unsupported,
		Title: "the structure depends on what is not modelled yet",
		Doc:   `Where indirect jumps lead stands in maps of a kind that is not read yet.`,
	})
}

func ruleID(k precheck.Kind) string { return name + "/" + string(k) }

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	if what := precheck.Unsupported(p); what != "" {
		pass.Report(analysis.Diagnostic{ID: unsupported, Insn: -1, Message: what})
		return nil, nil
	}
	r := precheck.Check(p)
	if r == nil {
		return nil, nil
	}
	d := analysis.Diagnostic{
		ID: ruleID(r.Kind), Insn: r.Insn, Errno: r.Errno, Kernel: r.Kernel,
		Message: message(p, r), Hint: rule(r.Kind).hint,
	}
	if r.Other >= 0 && r.Other < len(p.Insns) {
		d.Related = append(d.Related, analysis.Related{Insn: r.Other, Message: "this is where it leads"})
	}
	pass.Report(d)
	return nil, nil
}

func rule(k precheck.Kind) *ruleRow {
	for i := range rules {
		if rules[i].kind == k {
			return &rules[i]
		}
	}
	return &ruleRow{}
}

// message says in our words what is wrong with the program at hand.
func message(p *prog.Program, r *precheck.Reject) string {
	limits := linux.LimitsOf(p.Target.Kernel)
	text := func(slot int) string {
		return cfg.Printer{Kernel: p.Target.Kernel}.Text(p.Insns, slot)
	}
	switch r.Kind {
	case precheck.Flags:
		return fmt.Sprintf("Linux %s does not know the load flags %#x", p.Target.Kernel, p.Flags&^limits.LoadFlags)
	case precheck.TooLarge:
		limit := limits.Insns
		if !p.Target.Caps.Has(linux.CapBPF) {
			limit = limits.InsnsUnprivileged
		}
		return fmt.Sprintf("the program has %d instructions; 1 to %d are allowed", len(p.Insns), limit)
	case precheck.Privilege:
		if need := linux.CapsForType(p.Target.Kernel, uint32(p.Type)); !p.Target.Caps.Has(need) {
			return fmt.Sprintf("programs of type %s need %s", p.Type, need)
		}
		return "functions need CAP_BPF"
	case precheck.Functions:
		return fmt.Sprintf("the program has more than %d functions", limits.Funcs)
	case precheck.Jump:
		return fmt.Sprintf("%q leads out of its function, to instruction %d", text(r.Insn), r.Other)
	case precheck.Callee:
		return fmt.Sprintf("%q leads to no instruction of the program", text(r.Insn))
	case precheck.Opcode:
		return fmt.Sprintf("Linux %s knows no instruction with opcode 0x%02x", p.Target.Kernel, p.Insns[r.Insn].Op)
	case precheck.Reserved:
		return fmt.Sprintf("%q has a value in a field that Linux %s wants to be zero", text(r.Insn), p.Target.Kernel)
	case precheck.BackEdge:
		return fmt.Sprintf("%q leads back to instruction %d: %s", text(r.Insn), r.Other, noLoops(p))
	case precheck.Unreachable:
		return fmt.Sprintf("no path reaches %q", text(r.Insn))
	}
	return rule(r.Kind).title
}

func noLoops(p *prog.Program) string {
	if !p.Target.Caps.Has(linux.CapBPF) {
		return "loops need CAP_BPF"
	}
	return fmt.Sprintf("Linux %s allows this only for jumps", p.Target.Kernel)
}
