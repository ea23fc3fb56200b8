// Package graph publishes a program's control-flow graph.
package graph

import (
	"errors"
	"reflect"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/passes/structure"
	"github.com/bpflint/bpflint/prog"
)

const (
	malformed   = "graph/malformed"
	unsupported = "graph/unsupported"
)

// Analyzer builds the control-flow graph; its result is a *cfg.Graph.
var Analyzer = &analysis.Analyzer{
	Name: "graph",
	Doc: `build the control-flow graph

The result is the graph of all functions of the program: blocks, edges, and
from them dominators, loops and calls. "bpflint cfg" draws it.`,
	Requires:   []*analysis.Analyzer{structure.Analyzer},
	ResultType: reflect.TypeFor[*cfg.Graph](),
	Diagnostics: []analysis.Rule{
		{
			ID: malformed, Severity: analysis.Reject,
			Title: "control can leave the program other than by an exit",
			Doc: `Every path must end with an exit instruction, and every jump must lead to an
instruction of the same function. Compilers keep to this; look for hand-written
assembly, or for a tool that rewrote the instructions.`,
		},
		{
			ID: unsupported, Severity: analysis.Unsupported,
			Title: "the graph needs what is not modelled yet",
			Doc:   `The targets of indirect jumps stand in maps of a kind that is not read yet.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	if at := indirectJump(p.Insns); at >= 0 {
		pass.Report(analysis.Diagnostic{ID: unsupported, Insn: at, Message: "indirect jumps"})
		return nil, nil
	}
	g, err := Build(p)
	if errors.Is(err, cfg.ErrMalformed) {
		pass.Report(analysis.Diagnostic{ID: malformed, Insn: -1, Errno: "EINVAL", Message: err.Error()})
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Build makes the graph of a program.
func Build(p *prog.Program) (*cfg.Graph, error) {
	throws := func(call cfg.Insn) bool { return analysis.KfuncName(p, call) == "bpf_throw" }
	return cfg.Build(p.Insns, cfg.Options{Throws: throws})
}

func indirectJump(insns []cfg.Insn) int {
	for i, ins := range insns {
		if ins.Op == cfg.OpJAX {
			return i
		}
	}
	return -1
}
