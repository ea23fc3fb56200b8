// Package types reports types of a program that the target kernel does not
// take.
package types

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/prog"
)

const (
	refused = "types/refused"
	ignored = "types/ignored"
	tables  = "types/tables"
)

// Analyzer validates what a loader gives to BPF_BTF_LOAD, and func_info and
// line_info.
var Analyzer = &analysis.Analyzer{
	Name: "types",
	Doc: `validate the program's BTF as the target kernel does

A kernel trusts no types that it has not checked: that references lead to types,
that members lie in their structs, that names are names, that what locks and lists
need is there. It says what is wrong in a log of its own, which loaders print. The
types are those that the program and its maps need, with kinds that the kernel is
too old for replaced, as loaders do.`,
	URL: "https://docs.kernel.org/bpf/btf.html",
	Diagnostics: []analysis.Rule{
		{
			ID: refused, Severity: analysis.Reject, Title: "the kernel refuses the program's types",
			Doc: `A struct_ops program cannot be loaded without its types.`,
		},
		{
			ID: ignored, Severity: analysis.Unsupported, Title: "the kernel refuses the program's types, and loaders differ",
			Doc: `cilium/ebpf gives up. libbpf goes on without types: the kernel then verifies global functions with each
call, and creates no map whose values hold locks, timers or kernel pointers.`,
		},
		{
			ID: tables, Severity: analysis.Reject, Title: "func_info or line_info does not fit the program",
			Doc: `Compilers make them to fit. Look for a tool that moved instructions.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	blob, funcs, lines, err := p.MarshalBTF()
	if err != nil {
		return nil, err
	}
	if len(blob) == 0 || binary.BigEndian.Uint16(blob) == 0xeb9f {
		return nil, nil // none, or for a machine of the other byte order
	}
	checked, err := btf.CheckAll(blob, btf.Kernel{Version: p.Target.Kernel, Types: p.Target.View})
	if err != nil {
		id := ignored
		if p.Type == ebpf.StructOps {
			id = refused
		}
		report(pass, id, "types", btf.AsRefusal(err))
		return nil, nil
	}
	err = checked.CheckInfo(
		btf.Records{Data: funcs, Size: btf.FuncInfoSize}, btf.Records{Data: lines, Size: btf.LineInfoSize}, code(p))
	if err != nil {
		report(pass, tables, "func_info or line_info", btf.AsRefusal(err))
	}
	return nil, nil
}

func report(pass *analysis.Pass, id, what string, r *btf.Refusal) {
	text := r.Why
	if text == "" {
		text = r.Message
	}
	pass.Report(analysis.Diagnostic{
		ID: id, Insn: -1, Errno: r.Errno, Kernel: r.Message,
		Message: fmt.Sprintf("Linux %s refuses the %s: %s", pass.Program.Target.Kernel, what, text),
	})
}

// code is what the tables are about.
func code(p *prog.Program) *btf.Code {
	c := &btf.Code{Len: len(p.Insns)}
	for _, f := range p.Funcs {
		c.Funcs = append(c.Funcs, f.Start)
	}
	slices.Sort(c.Funcs)
	c.Inside = func(slot int) bool { return p.Insns[slot].Op == 0 }
	return c
}
