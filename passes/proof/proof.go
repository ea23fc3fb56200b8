// Package proof decides whether the verifier of the target kernel accepts a
// program.
package proof

import (
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/passes/graph"
)

const unsupported = "proof/unsupported"

// Analyzer explores the paths of a program as the target's verifier does.
var Analyzer = &analysis.Analyzer{
	Name: "proof",
	Doc: `explore all paths and prove each access safe, as the kernel's verifier does

Until the abstract machine is built in, every program that passes the
structural checks is reported as unsupported.`,
	Requires: []*analysis.Analyzer{graph.Analyzer},
	Diagnostics: []analysis.Rule{{
		ID:       unsupported,
		Severity: analysis.Unsupported,
		Title:    "the verdict depends on something that is not modelled yet",
		Doc: `bpflint does not guess. A program that uses what the abstract machine does not
know has no verdict; the message names the feature.`,
	}},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	pass.Report(analysis.Diagnostic{ID: unsupported, Insn: -1, Message: "path exploration is not built in"})
	return nil, nil
}
