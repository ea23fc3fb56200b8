package analysis

import (
	"time"

	"github.com/cilium/ebpf"
)

// Verdict is what the target kernel would say of a program.
type Verdict string

// Verdicts.
const (
	VerdictAccept      Verdict = "accept"
	VerdictReject      Verdict = "reject"
	VerdictUnsupported Verdict = "unsupported" // it depends on something that is not modelled
	VerdictError       Verdict = "error"       // the program could not be linked or judged
)

// Result is what one run over objects found.
type Result struct {
	Kernel  string // the target, such as "6.18"
	Objects []*ObjectResult
	Timings Timings
}

// ObjectResult is what was found in one object.
type ObjectResult struct {
	Path     string // as the user gave it
	Err      error  // the object could not be read; there are no programs then
	Programs []*ProgramResult
}

// ProgramResult is the verdict on one program, with all findings.
type ProgramResult struct {
	Name       string
	Section    string
	Type       ebpf.ProgramType
	AttachType ebpf.AttachType
	AttachTo   string

	Verdict Verdict
	// Message is the kernel's for a rejected program, what is not modelled for
	// an unsupported one, what went wrong for an error, else empty.
	Message string
	Errno   string   // "EACCES" for a rejected program, else empty
	Insn    int      // slot at which the kernel gives up, -1 for none
	Pos     Position // of Insn
	Stats   Stats

	Findings []Finding // by the order of the suite, then of instructions
	// Suppressed counts findings that a configuration or a comment hides.
	Suppressed int
}

// Finding is a diagnostic with everything needed to print it.
type Finding struct {
	Diagnostic
	Analyzer string
	Rule     *Rule
	Pos      Position
	Asm      string // the instruction, disassembled; empty without one
	Related  []RelatedFinding
}

// RelatedFinding is a Related with its position.
type RelatedFinding struct {
	Related
	Pos Position
	Asm string
}

// Position is a place in the source of a program, zero when it is unknown.
type Position struct {
	File   string // as the compiler recorded it
	Line   int    // from 1
	Column int    // from 1, in bytes; 0 when unknown
	Text   string // the line, as the compiler recorded it
}

// IsValid reports whether the position is known.
func (p Position) IsValid() bool { return p.Line > 0 }

// Count is how many programs of a result got each verdict.
type Count struct {
	Objects, Unreadable                int
	Programs                           int
	Accept, Reject, Unsupported, Error int
	Findings, Notes, Suppressed        int
}

// Count sums a result up. A note is a finding of severity Info.
func (r *Result) Count() Count {
	var c Count
	for _, o := range r.Objects {
		c.Objects++
		if o.Err != nil {
			c.Unreadable++
		}
		for _, p := range o.Programs {
			c.add(p)
		}
	}
	return c
}

func (c *Count) add(p *ProgramResult) {
	c.Programs++
	switch p.Verdict {
	case VerdictAccept:
		c.Accept++
	case VerdictReject:
		c.Reject++
	case VerdictUnsupported:
		c.Unsupported++
	case VerdictError:
		c.Error++
	}
	c.Suppressed += p.Suppressed
	for i := range p.Findings {
		if p.Findings[i].Severity == Info {
			c.Notes++
		} else {
			c.Findings++
		}
	}
}

// Timings is how long each step took, summed over programs.
type Timings []Timing

// Timing is the time spent in one step of the driver or in one analyzer.
type Timing struct {
	Step  string
	Runs  int
	Total time.Duration
	Max   time.Duration
	MaxOf string // what took longest: "path: program"
}
