package agree

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/bpflint/bpflint/internal/oracle"
)

// Tally counts cases.
type Tally struct {
	Programs, Agree, FalseAccept, FalseReject, Unsupported, Error int
	// Rejects counts programs that both reject.
	Rejects, SameMessage, SameInsn int
	// Ours and Theirs are instructions processed in programs that both accept.
	Ours, Theirs int
}

func (t *Tally) add(c *Case) {
	t.Programs++
	switch c.Class {
	case Agree:
		t.Agree++
	case FalseAccept:
		t.FalseAccept++
	case FalseReject:
		t.FalseReject++
	case Unsupported:
		t.Unsupported++
	case Error:
		t.Error++
	}
	if c.Class != Agree {
		return
	}
	if c.Kernel.Verdict == oracle.Accept {
		t.Ours += c.Ours.Stats.ProcessedInsns
		t.Theirs += c.Kernel.Processed
		return
	}
	t.Rejects++
	if c.SameMessage {
		t.SameMessage++
	}
	if c.SameInsn {
		t.SameInsn++
	}
}

// Total counts all cases.
func (r *Report) Total() Tally {
	var t Tally
	for i := range r.Cases {
		t.add(&r.Cases[i])
	}
	return t
}

// ByType counts by program type.
func (r *Report) ByType() map[string]*Tally {
	types := make(map[string]*Tally)
	for i := range r.Cases {
		typ := r.Cases[i].Kernel.Type
		if types[typ] == nil {
			types[typ] = new(Tally)
		}
		types[typ].add(&r.Cases[i])
	}
	return types
}

// WriteTable prints one line per program type and one for all.
func (r *Report) WriteTable(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%s\tprograms\tagree\tfalse accept\tfalse reject\tunsupported\terror\tsame message\tsame insn\tprocessed ours/kernel\t\n", r.Kernel)
	types := r.ByType()
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		writeRow(out, typ, types[typ])
	}
	total := r.Total()
	writeRow(out, "all", &total)
	return out.Flush()
}

func writeRow(w io.Writer, name string, t *Tally) {
	ratio := "-"
	if t.Theirs > 0 {
		ratio = fmt.Sprintf("%.2f", float64(t.Ours)/float64(t.Theirs))
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d/%d\t%d/%d\t%s\t\n", name, t.Programs, t.Agree, t.FalseAccept, t.FalseReject,
		t.Unsupported, t.Error, t.SameMessage, t.Rejects, t.SameInsn, t.Rejects, ratio)
}

// WriteCases prints the cases of some classes; for agreement, those whose
// message or instruction differs.
func (r *Report) WriteCases(w io.Writer, classes ...Class) error {
	for i := range r.Cases {
		c := &r.Cases[i]
		if !slices.Contains(classes, c.Class) {
			continue
		}
		if c.Class == Agree && (c.Kernel.Verdict == oracle.Accept || c.SameMessage && c.SameInsn) {
			continue
		}
		_, err := fmt.Fprintf(w, "%s: %s %s (%s)\n  kernel %s: %s %q at %d\n  ours: %s %s %q at %d\n", c.Class, c.Kernel.Object,
			c.Kernel.Program, c.Kernel.Type, r.Kernel, c.Kernel.Verdict, Message(c.Kernel), c.Kernel.ErrInsn,
			c.Ours.Verdict, c.Ours.Errno, c.Ours.Message, c.Ours.Insn)
		if err != nil {
			return err
		}
	}
	return nil
}

// WriteCosts prints the programs for which another number of instructions was
// processed than the kernel processed, of those that both accept.
func (r *Report) WriteCosts(w io.Writer) error {
	for i := range r.Cases {
		c := &r.Cases[i]
		if c.Class != Agree || c.Kernel.Verdict != oracle.Accept || c.Ours.Stats.ProcessedInsns == c.Kernel.Processed {
			continue
		}
		if _, err := fmt.Fprintf(w, "cost: %s %s (%s): kernel %s processed %d, ours %d\n", c.Kernel.Object, c.Kernel.Program,
			c.Kernel.Type, r.Kernel, c.Kernel.Processed, c.Ours.Stats.ProcessedInsns); err != nil {
			return err
		}
	}
	return nil
}
