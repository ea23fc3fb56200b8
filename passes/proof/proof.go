// Package proof decides whether the verifier of the target kernel accepts a
// program.
package proof

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/prog"
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
	pass.Stats.Functions = functions(res)

	switch res.Verdict {
	case absint.Reject:
		d := explain(res)
		d.Related = before(res)
		d.Related = append(d.Related, history(pass.Program, g, d.ID)...)
		d.Related = append(d.Related, acquired(res)...)
		d.Related = append(d.Related, alone(g, res)...)
		pass.Report(d)
	case absint.Unsupported:
		pass.Report(analysis.Diagnostic{ID: unsupported, Insn: res.Insn, Message: res.Feature})
	}
	return res, nil
}

// history explores a refused program once more, to learn by which path. A
// program that is too large has no single instruction to blame.
func history(p *prog.Program, g *cfg.Graph, id string) []analysis.Related {
	if id == "proof/complexity" {
		return nil
	}
	res, err := absint.Verify(p, g, absint.Options{Trace: true})
	if err != nil {
		return nil
	}
	return originOf(p.Insns, res, id)
}

// functions describes the functions of programs that have several.
func functions(res *absint.Result) []analysis.Function {
	if len(res.Funcs) < 2 {
		return nil
	}
	list := make([]analysis.Function, len(res.Funcs))
	for i, f := range res.Funcs {
		list[i] = analysis.Function{
			Name: f.Name, Alone: f.Alone, Reached: f.Reached, ProcessedInsns: f.Insns, Arguments: f.Needs,
			Mismatch: f.Mismatch,
		}
	}
	return list
}

// maxBefore bounds how many of the kernel's earlier lines are shown.
const maxBefore = 3

// before shows what the kernel says before its last message: often the sizes
// and offsets that the last one is about.
func before(res *absint.Result) []analysis.Related {
	var list []analysis.Related
	for _, message := range res.Messages[:max(len(res.Messages)-1, 0)] {
		if !unreleased().MatchString(message) && message != res.Message {
			list = append(list, analysis.Related{Insn: -1, Message: "the kernel says first: " + message})
		}
	}
	return list[max(len(list)-maxBefore, 0):]
}

// alone points to the function that was refused, when its callers' arguments
// were not looked at.
func alone(g *cfg.Graph, res *absint.Result) []analysis.Related {
	if res.Insn < 0 || len(res.Funcs) < 2 || int(res.Entry) >= len(res.Funcs) || res.Entry == 0 {
		return nil
	}
	f := &res.Funcs[res.Entry]
	return []analysis.Related{{
		Insn:    int(g.Funcs[res.Entry].Start),
		Message: fmt.Sprintf("%s is verified alone, for any arguments of its types: (%s)", f.Name, strings.Join(f.Needs, ", ")),
	}}
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
