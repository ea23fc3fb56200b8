package leastcaps

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
)

// Text prints, object by object, what programs and maps take and why.
func Text(w io.Writer, results []*Result) error {
	t := &text{w: bufio.NewWriter(w)}
	for i, r := range results {
		for k, o := range r.Objects {
			if i+k > 0 {
				t.printf("\n")
			}
			t.object(r.Kernel, o)
		}
	}
	return t.w.Flush()
}

type text struct{ w *bufio.Writer } // keeps the first error

func (t *text) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

func (t *text) object(kernel string, o *Object) {
	if o.Err != nil {
		t.printf("%s: cannot judge: %s\n", o.Path, printable(o.Err.Error()))
		return
	}
	t.printf("%s: on Linux %s %s\n", o.Path, kernel, takes(o.Caps))
	for _, p := range o.Programs {
		t.program(p)
	}
	for _, m := range o.Maps {
		t.printf("\n  map %s %s\n    %-13s  %s\n", printable(m.Name), takes(m.Caps), m.Caps, m.Why)
	}
}

func (t *text) program(p *Program) {
	name := fmt.Sprintf("%s (%s)", printable(p.Name), report.TypeName(p.Type))
	if !p.Loads {
		t.printf("\n  %s: no capabilities help: %s: %s\n", name, p.Verdict, printable(p.Message))
		return
	}
	t.printf("\n  %s %s\n", name, takes(p.Caps))
	for i := range p.Needs {
		t.need(&p.Needs[i])
	}
}

func (t *text) need(n *Need) {
	t.printf("    %-13s  %s%s\n", n.Cap, position(n.Pos), n.Why)
	margin := strings.Repeat(" ", 19)
	if n.Insn >= 0 {
		t.printf("%sinstruction %d: %s\n", margin, n.Insn, n.Asm)
	}
	if n.Kernel != "" {
		t.printf("%skernel: %s\n", margin, printable(n.Kernel))
	}
}

func position(p analysis.Position) string {
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", printable(p.File), p.Line)
}

// takes words a set.
func takes(c linux.Caps) string {
	switch c {
	case linux.CapNone:
		return "takes no capability where kernel.unprivileged_bpf_disabled is 0, else CAP_BPF"
	case linux.CapSysAdmin:
		return "takes CAP_SYS_ADMIN"
	}
	return "takes " + strings.ReplaceAll(c.String(), ",", ", ")
}

// printable keeps control characters of hostile objects off the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}
