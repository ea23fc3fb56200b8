// Package deprecated finds calls of helpers that have a better successor.
package deprecated

import (
	"fmt"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

const id = "lint/deprecated-helper"

// Analyzer finds calls of helpers that have a better successor.
var Analyzer = &analysis.Analyzer{
	Name: "deprecated",
	Doc: `find calls of helpers that have a better successor

Only helpers whose successor is in the target kernel are reported.`,
	URL: "https://docs.kernel.org/bpf/",
	Diagnostics: []analysis.Rule{{
		ID: id, Severity: analysis.Warning, Title: "a helper that should no longer be used is called",
		Doc: `bpf_probe_read and bpf_probe_read_str do not say whether the address is one of the
kernel or of user space. On some architectures the same number can mean either, and
there these helpers do not exist; elsewhere a program can be made to read the wrong one.
Since Linux 5.5 there are bpf_probe_read_kernel and bpf_probe_read_user, and the same with
_str. With libbpf's macros, BPF_CORE_READ and BPF_CORE_READ_USER choose the right one.`,
	}},
	Run: run,
}

// successor is a row: what to call instead of a helper, and since when.
type successor struct {
	helper  int32
	instead string
	since   linux.Version
}

var successors = []successor{
	{4, "bpf_probe_read_kernel or bpf_probe_read_user", linux.Version{Major: 5, Minor: 5}},
	{45, "bpf_probe_read_kernel_str or bpf_probe_read_user_str", linux.Version{Major: 5, Minor: 5}},
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	kernel := linux.For(p.Target.Kernel)
	for i, ins := range p.Insns {
		s := find(ins)
		if s == nil || p.Target.Kernel.Less(s.since) {
			continue
		}
		pass.Report(analysis.Diagnostic{
			ID: id, Insn: i,
			Message: fmt.Sprintf("%s is deprecated", kernel.HelperName(uint32(s.helper))),
			Hint:    fmt.Sprintf("call %s (Linux %s or later)", s.instead, s.since),
		})
	}
	return nil, nil
}

func find(ins cfg.Insn) *successor {
	if !ins.IsHelperCall() {
		return nil
	}
	for i := range successors {
		if successors[i].helper == ins.Imm {
			return &successors[i]
		}
	}
	return nil
}
