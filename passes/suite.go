// Package passes holds the suite: every analyzer that bpflint runs, in order.
package passes

import (
	"slices"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/passes/available"
	"github.com/bpflint/bpflint/passes/deprecated"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/passes/loadnotes"
	"github.com/bpflint/bpflint/passes/override"
	"github.com/bpflint/bpflint/passes/portability"
	"github.com/bpflint/bpflint/passes/probe"
	"github.com/bpflint/bpflint/passes/proof"
	"github.com/bpflint/bpflint/passes/returncode"
	"github.com/bpflint/bpflint/passes/structure"
	"github.com/bpflint/bpflint/passes/tailcalls"
	"github.com/bpflint/bpflint/passes/types"
)

// suite stands in the order in which Linux makes the same checks, because the
// first rejection is the one that the kernel reports. What decides nothing
// comes last.
var suite = []*analysis.Analyzer{
	// Maps are created and the type is looked up before the program is read.
	available.Analyzer,
	// Types are loaded before maps are created for them.
	types.Analyzer,
	// The whole program, before any path.
	structure.Analyzer,
	// The graph is only made of instructions that are sound one by one.
	graph.Analyzer,
	// Exploration is what the kernel does last, and at the greatest expense.
	proof.Analyzer,
	// Program arrays meet the program when it is compiled, after all paths.
	override.Analyzer,

	// Lints, from what the loader did to what the program does.
	loadnotes.Analyzer,
	deprecated.Analyzer,
	returncode.Analyzer,
	probe.Analyzer,
	tailcalls.Analyzer,
	portability.Analyzer,
}

// Suite returns all analyzers in the order in which they run.
func Suite() []*analysis.Analyzer { return slices.Clone(suite) }

// ByName returns the analyzer of that name, nil for none.
func ByName(name string) *analysis.Analyzer {
	for _, a := range suite {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// RuleByID returns the rule with that ID and its analyzer, nil for none.
func RuleByID(id string) (*analysis.Analyzer, *analysis.Rule) {
	for _, a := range suite {
		for i := range a.Diagnostics {
			if a.Diagnostics[i].ID == id {
				return a, &a.Diagnostics[i]
			}
		}
	}
	return nil, nil
}
