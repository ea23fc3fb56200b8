// Package analysis is the framework in which passes over one eBPF program run:
// analyzers are values, their results are typed, their findings are data.
//
// The model is golang.org/x/tools/go/analysis. What differs is the unit (a
// linked program instead of a Go package) and that some analyzers decide: a
// diagnostic of severity [Reject] says that the target kernel refuses to load
// the program. This package knows no analyzer; the suite is in package passes.
package analysis

import (
	"reflect"

	"github.com/bpflint/bpflint/prog"
)

// Analyzer is one pass over a program.
type Analyzer struct {
	// Name identifies the analyzer on the command line; it is also the name of
	// its folder below passes.
	Name string
	// Doc is a sentence, an empty line and the full text for "bpflint explain".
	Doc string
	// URL points to more.
	URL string
	// Requires are analyzers whose results this one reads. When one of them
	// finds that the kernel rejects the program, or that it cannot tell, it
	// need not return a result and this one is not run.
	Requires []*Analyzer
	// ResultType is the type of the value that Run returns; nil for none.
	ResultType reflect.Type
	// Diagnostics lists every ID that Run can report.
	Diagnostics []Rule
	// Run looks at one program. An error means that the analyzer could not do
	// its job, not that it found something. It is called from many goroutines
	// at once, for different programs.
	Run func(*Pass) (any, error)
}

// String returns the analyzer's name.
func (a *Analyzer) String() string { return a.Name }

// Decides reports whether the analyzer takes part in the verdict: one of its
// rules is that the kernel rejects, or that it cannot be told whether it does.
// A program is accepted only after all such analyzers have passed it.
func (a *Analyzer) Decides() bool {
	for _, r := range a.Diagnostics {
		if r.Severity >= Unsupported {
			return true
		}
	}
	return false
}

// Rule is a stable identifier of a kind of finding, with what to say of it.
type Rule struct {
	ID       string // "structure/unreachable"
	Severity Severity
	Title    string // one line
	Doc      string // what it means, why it matters, how to mend it; Markdown
}

// Pass is what an analyzer sees of one program.
type Pass struct {
	Analyzer *Analyzer
	Program  *prog.Program
	// ResultOf holds what the required analyzers returned.
	ResultOf map[*Analyzer]any
	// Stats is filled by the analyzer that explores paths.
	Stats *Stats
	// Report adds a finding. Its ID must be one of Analyzer.Diagnostics.
	Report func(Diagnostic)
}

// Stats are the figures that Linux prints at the end of a verifier log.
type Stats struct {
	Insns             int // slots of the program
	ProcessedInsns    int // instructions walked over all paths
	TotalStates       int // states kept for pruning
	PeakStates        int // most states kept at one time
	MaxStatesPerInsn  int
	StackDepth        int   // bytes, over the deepest chain of calls
	VerificationNanos int64 // of our exploration
	// Functions has what exploration says of each function; empty when the
	// program has one only.
	Functions []Function
}

// Function is a function of a program.
type Function struct {
	Name string
	// Alone says that it is verified once, for all arguments that its type
	// allows. Others are explored as a part of their callers.
	Alone bool
	// Reached is false when no explored path calls it.
	Reached        bool
	ProcessedInsns int      // of its own
	Arguments      []string // what callers of a function that is verified alone must pass
	// Mismatch says why its types do not describe what it is called with: then a
	// trampoline saves five arguments whatever it declares, and nothing can
	// replace it. Empty when they do.
	Mismatch string
}
