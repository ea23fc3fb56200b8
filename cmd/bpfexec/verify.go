package main

import (
	"fmt"
	"path"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint"
	"github.com/bpflint/bpflint/analysis"
)

// verify asks bpflint whether the kernel would load the programs, unless the user
// wants none of that. What bpflint cannot tell is returned, to be said before the
// programs run: what cannot be loaded says so itself.
func (o *runOptions) verify(spec *ebpf.CollectionSpec, name string) (doubts []string, err error) {
	if o.noVerify {
		return nil, nil
	}
	names := o.programNames(spec, name)
	res, err := bpflint.Check(spec, bpflint.Options{
		Kernel: o.kernel, Programs: names, Arch: o.arch, Extensions: o.extensions, ErrorInjection: o.injection,
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		p := res.Program(name)
		if p == nil {
			continue
		}
		switch p.Verdict {
		case analysis.VerdictAccept:
		case analysis.VerdictReject:
			return nil, fmt.Errorf("program %s would be rejected by Linux %s%s: %s\nbpflint explains it; --no-verify runs it anyway",
				p.Name, res.Kernel, place(p), p.Message)
		default:
			doubts = append(doubts, fmt.Sprintf("program %s could not be verified: %s", p.Name, p.Message))
		}
	}
	return doubts, nil
}

// warn says what is not known of programs that run.
func (c *console) warn(doubts []string) {
	for _, d := range doubts {
		fmt.Fprintf(c.stderr, "bpfexec: %s\n", d)
	}
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
