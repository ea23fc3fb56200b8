// Package proof decides whether the verifier of the target kernel accepts a
// program.
package proof

import (
	"reflect"
	"time"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/passes/graph"
)

const unsupported = "proof/unsupported"

// Analyzer explores the paths of a program as the target's verifier does; its
// result is an *absint.Result.
var Analyzer = &analysis.Analyzer{
	Name: "proof",
	Doc: `explore all paths and prove each access safe, as the kernel's verifier does

The abstract machine walks every path of the program with what is known of each
register and each byte of the stack, and stops at the first instruction that
the target kernel refuses. The kernel's own message is part of the finding. See
"bpflint explain" with one of the IDs below for what a refusal means and how to
mend the program.`,
	URL:         "https://docs.kernel.org/bpf/verifier.html",
	Requires:    []*analysis.Analyzer{graph.Analyzer},
	ResultType:  reflect.TypeFor[*absint.Result](),
	Diagnostics: rules(),
	Run:         run,
}

func rules() []analysis.Rule {
	list := []analysis.Rule{{
		ID: unsupported, Severity: analysis.Unsupported,
		Title: "the verdict depends on something that is not modelled yet",
		Doc: `bpflint does not guess. A program that uses what the abstract machine does not
know has no verdict; the message names the feature.`,
	}}
	for _, r := range refusals {
		list = append(list, analysis.Rule{ID: r.id, Severity: analysis.Reject, Title: r.title, Doc: r.doc})
	}
	return list
}

func run(pass *analysis.Pass) (any, error) {
	g := pass.ResultOf[graph.Analyzer].(*cfg.Graph)
	start := time.Now()
	res, err := absint.Verify(pass.Program, g, absint.Options{})
	if err != nil {
		return nil, err
	}
	pass.Stats.VerificationNanos = time.Since(start).Nanoseconds()
	pass.Stats.ProcessedInsns = res.Stats.ProcessedInsns
	pass.Stats.TotalStates = res.Stats.TotalStates
	pass.Stats.PeakStates = res.Stats.PeakStates
	pass.Stats.MaxStatesPerInsn = res.Stats.MaxStatesPerInsn
	pass.Stats.StackDepth = stackDepth(g, res.Stats.StackDepth)

	switch res.Verdict {
	case absint.Reject:
		pass.Report(explain(res))
	case absint.Unsupported:
		pass.Report(analysis.Diagnostic{ID: unsupported, Insn: res.Insn, Message: res.Feature})
	}
	return res, nil
}

// stackDepth returns the bytes of stack of the deepest chain of calls.
func stackDepth(g *cfg.Graph, frames []int) int {
	if len(frames) != len(g.Funcs) {
		return 0
	}
	calls := g.Calls()
	below := make([]int, len(frames))
	deepest := 0
	for _, f := range calls.TopDown {
		below[f] += frames[f]
		deepest = max(deepest, below[f])
		for _, site := range calls.CallsFrom(f) {
			if callee := calls.Sites[site].Callee; !calls.Recursive[callee] {
				below[callee] = max(below[callee], below[f])
			}
		}
	}
	return deepest
}
