package scenario

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/exec/errno"
)

// Report is what happened.
type Report struct {
	Version int    `json:"version"`
	Events  []Step `json:"events"`
	// Missed counts, by program, how often it did not run because another
	// program ran on the CPU.
	Missed map[string]int `json:"missed,omitempty"`
}

// Step is what one event did.
type Step struct {
	Line int    `json:"line"`
	CPU  int    `json:"cpu"`
	What string `json:"what"`
	// Return is the result of the function, or of the last program.
	Return *uint64  `json:"return,omitempty"`
	Runs   []Run    `json:"runs,omitempty"`
	Calls  []Call   `json:"calls,omitempty"`
	Trace  []string `json:"trace,omitempty"`
	Timers int      `json:"timers,omitempty"`
	Missed int      `json:"missed,omitempty"`

	line Line
}

// Run is a program that ran.
type Run struct {
	Program string `json:"program"`
	Return  uint32 `json:"return"`
	Insns   int    `json:"instructions"`
	// Sets is the result that the program gave to the probed function.
	Sets *uint64 `json:"sets,omitempty"`
	// Printed is what an iterator printed.
	Printed string `json:"printed,omitempty"`
	Data    []byte `json:"data,omitempty"`
	Effects
	// Saved is how many words of arguments the trampoline saved, Unmatched that the
	// kernel's types do not list the function.
	Saved     int  `json:"saved,omitempty"`
	Unmatched bool `json:"unmatched,omitempty"`
	// After is how many calls of the event had begun.
	After int `json:"after"`
	// Depth is that of the function's call plus one; 0 without a function.
	Depth int `json:"depth,omitempty"`
}

// Call is a function that was called.
type Call struct {
	Function string   `json:"function"`
	Depth    int      `json:"depth"`
	Args     []uint64 `json:"args,omitempty"`
	Return   uint64   `json:"return"`
	// Skipped says that a program set the result instead of the body.
	Skipped bool `json:"skipped,omitempty"`
}

// result writes a number as a programmer reads it.
func result(v uint64) string {
	if failed(v) {
		return "-" + errno.Errno(-int32(uint32(v))).Error()
	}
	if v < 10 {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%#x", v)
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, s := range r.Events {
		s.print(&b)
	}
	for _, name := range sortedKeys(r.Missed) {
		fmt.Fprintf(&b, "missed %s: %d\n", name, r.Missed[name])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Step) print(b *strings.Builder) {
	fmt.Fprintf(b, "line %d: %s", s.Line, s.What)
	if s.Return != nil {
		fmt.Fprintf(b, " returns %s", result(*s.Return))
	}
	if s.Timers > 0 {
		fmt.Fprintf(b, ", %d timers", s.Timers)
	}
	b.WriteByte('\n')
	runs := slices.Clone(s.Runs)
	slices.SortStableFunc(runs, func(x, y Run) int { return cmp.Compare(x.After, y.After) })
	show := func(after int) {
		for len(runs) > 0 && runs[0].After <= after {
			runs[0].print(b)
			runs = runs[1:]
		}
	}
	show(0)
	for i, c := range s.Calls {
		c.print(b)
		show(i + 1)
	}
	for _, line := range s.Trace {
		fmt.Fprintf(b, "  trace: %s\n", line)
	}
}

func (c *Call) print(b *strings.Builder) {
	var args []string
	for _, a := range c.Args {
		args = append(args, result(a))
	}
	what := "returns"
	if c.Skipped {
		what = "skipped, returns"
	}
	fmt.Fprintf(b, "%s%s(%s) %s %s\n", strings.Repeat("  ", c.Depth+1), c.Function, strings.Join(args, ", "), what, result(c.Return))
}

func (r *Run) print(b *strings.Builder) {
	depth := r.Depth + 1
	fmt.Fprintf(b, "%sprogram %s returns %s", strings.Repeat("  ", depth), r.Program, result(uint64(r.Return)))
	if r.Sets != nil {
		fmt.Fprintf(b, ", sets the result %s", result(*r.Sets))
	}
	fmt.Fprintf(b, " after %d instructions", r.Insns)
	if r.Saved > 0 {
		fmt.Fprintf(b, ", %d words saved", r.Saved)
	}
	if r.Unmatched {
		b.WriteString(" as its types are not known")
	}
	b.WriteByte('\n')
	for _, line := range r.lines() {
		fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", depth+1), line)
	}
	if r.Printed != "" {
		for line := range strings.Lines(r.Printed) {
			fmt.Fprintf(b, "%s| %s\n", strings.Repeat("  ", depth+1), strings.TrimSuffix(line, "\n"))
		}
	}
}
