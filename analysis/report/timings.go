package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/bpflint/bpflint/analysis"
)

// Timings prints how long each step took. Programs are judged in parallel, so
// the sum can be more than the time that has passed.
func Timings(w io.Writer, results []*analysis.Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range results {
		fmt.Fprintf(tw, "Linux %s\truns\ttotal\tmean\tlongest\t\n", r.Kernel)
		for _, t := range r.Timings {
			if t.Runs == 0 {
				continue
			}
			mean := t.Total / time.Duration(t.Runs)
			fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%s\t %s\n", t.Step, t.Runs, short(t.Total), short(mean), short(t.Max), clean(t.MaxOf))
		}
	}
	return tw.Flush()
}

// short rounds to three digits.
func short(d time.Duration) time.Duration {
	unit := time.Nanosecond
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}
