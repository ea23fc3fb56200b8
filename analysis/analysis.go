// Package analysis is the framework in which passes over one eBPF program run:
// analyzers are values, their results are typed, their findings are data.
package analysis

import (
	"reflect"

	"github.com/bpflint/bpflint/cfg"
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
	// finds that the kernel rejects the program, this one is not run.
	Requires []*Analyzer
	// ResultType is the type of the value that Run returns; nil for none.
	ResultType reflect.Type
	// Diagnostics lists every ID that Run can report.
	Diagnostics []Rule
	// Run looks at one program. An error means that the analyzer could not do
	// its job, not that it found something.
	Run func(*Pass) (any, error)
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
	// Graph is nil for analyzers that run before the graph is known to be sound.
	Graph    *cfg.Graph
	ResultOf map[*Analyzer]any
	Report   func(Diagnostic)
}

// Severity orders findings.
type Severity uint8

// Severities. Only Reject decides about the verdict.
const (
	Info Severity = iota
	Warning
	Unsupported // the verdict depends on something that is not modelled yet
	Reject      // the target kernel refuses the program
)

// Diagnostic is one finding.
type Diagnostic struct {
	ID       string
	Severity Severity
	Insn     int    // slot, -1 when it is about the whole program
	Message  string // ours, in terms of the source
	Kernel   string // the kernel's last message, word for word; empty for lints
	Errno    string // "EACCES"; of the rejected BPF_PROG_LOAD
	Hint     string // what to do about it
	Related  []Related
}

// Related is a position that helps to understand a Diagnostic.
type Related struct {
	Insn    int
	Message string
}
