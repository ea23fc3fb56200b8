package main

import (
	"fmt"
	"path"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint"
	"github.com/bpflint/bpflint/analysis"
)

// verify asks bpflint whether the kernel would load the programs. What bpflint
// cannot tell is said, and the program runs.
func (o *runOptions) verify(c *console, spec *ebpf.CollectionSpec, name string) error {
	names := o.programNames(spec, name)
	res, err := bpflint.Check(spec, bpflint.Options{
		Kernel: o.kernel, Programs: names, Arch: o.arch, Extensions: o.extensions, ErrorInjection: o.injection,
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		p := res.Program(name)
		if p == nil {
			continue
		}
		switch p.Verdict {
		case analysis.VerdictAccept:
		case analysis.VerdictReject:
			return fmt.Errorf("program %s would be rejected by Linux %s%s: %s\nbpflint explains it; --no-verify runs it anyway",
				p.Name, res.Kernel, place(p), p.Message)
		default:
			fmt.Fprintf(c.stderr, "bpfexec: program %s could not be verified: %s\n", p.Name, p.Message)
		}
	}
	return nil
}

// place says where a program is rejected.
func place(p *analysis.ProgramResult) string {
	switch {
	case p.Insn < 0:
		return ""
	case p.Pos.IsValid():
		return fmt.Sprintf(" at %s:%d, instruction %d", path.Clean(p.Pos.File), p.Pos.Line, p.Insn)
	}
	return fmt.Sprintf(" at instruction %d", p.Insn)
}
