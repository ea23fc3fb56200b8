package absint

import (
	"context"
	"fmt"
	"io"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/prog"
)

// Verdict is what a run found out.
type Verdict uint8

// Verdicts.
const (
	Accept      Verdict = iota // the kernel loads the program
	Reject                     // it does not
	Unsupported                // it depends on something that is not modelled yet
)

// String returns the verdict's name in reports.
func (v Verdict) String() string {
	return [...]string{"accept", "reject", "unsupported"}[v]
}

// Options change how a program is explored.
type Options struct {
	// Context stops a run; nil means that nothing does.
	Context context.Context
	// StateFreq remembers a state at every join point, as
	// BPF_F_TEST_STATE_FREQ asks the kernel to.
	StateFreq bool
	// Strict demands natural alignment of every access, as
	// BPF_F_STRICT_ALIGNMENT does.
	Strict bool
	// Log receives a log in the kernel's format; LogLevel is that of bpf(2): 1
	// for the path that was explored last, 2 for all.
	Log      io.Writer
	LogLevel uint32
	// Observe is called with every state before the instruction that it comes
	// to. A state is then taken for covered by another only if all of its live
	// registers are, whether they matter or not, so that what a program does
	// lies inside the states that were seen. That can take longer.
	Observe func(*Observation)
	// Trace asks for Result.Path and Result.Known. It costs about as much as the
	// exploration itself, and 8 bytes for each instruction of the longest path.
	Trace bool
}

// Flags of BPF_PROG_LOAD that change how a program is verified.
const (
	flagStrictAlignment = 1 << 0
	flagAnyAlignment    = 1 << 1
	flagStateFreq       = 1 << 3
	flagSleepable       = 1 << 4
)

// Stats says how much work a run was, in the kernel's terms.
type Stats struct {
	ProcessedInsns   int
	TotalStates      int // remembered
	PeakStates       int // remembered at one time
	MaxStatesPerInsn int
	StackDepth       []int // bytes, by function of the graph
}

// Result is the outcome of a run.
type Result struct {
	Verdict  Verdict
	Insn     int      // the slot that was executed last; -1 when none was
	Message  string   // the kernel's last message, word for word
	Messages []string // all of them
	Errno    string   // "EACCES"
	Feature  string   // what is not modelled, with Unsupported
	Stats    Stats
	Funcs    []Func // by function of the graph
	Entry    int32  // the function that was being verified alone last, in Funcs
	// TailCalls has one entry for each tail call that was explored.
	TailCalls []TailCall
	// Path is what was executed last, from the start of the function that was
	// being verified alone; Known is what the registers held before its last step.
	Path  []Step
	Known Registers
}

// Verify explores p, whose graph g has passed the structural checks of package
// cfg, as p.Target's kernel would. The error is not nil when the run was
// stopped or p is malformed, not when p is rejected.
func Verify(p *prog.Program, g *cfg.Graph, o Options) (*Result, error) {
	if p.Target == nil {
		return nil, fmt.Errorf("program %s has no target kernel", p.Name)
	}
	if len(g.Insns) == 0 || len(g.Funcs) == 0 {
		return nil, fmt.Errorf("program %s has no instructions", p.Name)
	}
	m := newMachine(p, g, o)
	if m.prepare() {
		m.explore()
	}
	return m.result()
}
