package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/bpflint/bpflint/analysis"
)

// Text prints findings as compilers do: the place, what is wrong, the line of
// the source, the instruction, the kernel's message and what to do.
func Text(w io.Writer, results []*analysis.Result, o Options) error {
	t := &text{w: bufio.NewWriter(w), style: style(o.Color), sources: NewSources(), many: len(results) > 1}
	t.failures(results)
	for _, it := range items(results) {
		if !o.Quiet || it.finding.Severity != analysis.Info {
			t.item(it)
		}
	}
	if !o.Quiet {
		t.summary(results)
	}
	return t.w.Flush()
}

type text struct {
	w       *bufio.Writer // keeps the first error
	style   style
	sources *Sources
	many    bool // kernels
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

// failures prints what could not be judged at all, each reason once for every
// object.
func (t *text) failures(results []*analysis.Result) {
	any := false
	for i := range objectCount(results) {
		for _, f := range failuresOf(results, i) {
			t.failure(results[0].Objects[i].Path, f)
			any = true
		}
	}
	if any {
		t.printf("\n")
	}
}

func (t *text) failure(path string, f failure) {
	first, rest, _ := strings.Cut(f.message, "\n")
	subject := ""
	if len(f.programs) > 0 {
		subject = " " + clean(programs(f.programs))
	}
	t.printf("%s: %s%s: %s\n", t.style.paint(bold, clean(path)), t.style.paint(red, "cannot judge"), subject, clean(first))
	for line := range strings.SplitSeq(rest, "\n") {
		if line != "" {
			t.printf("    %s\n", clean(line))
		}
	}
}

func (t *text) item(it item) {
	f := it.finding
	path, line := it.object.Path, ""
	if f.Pos.IsValid() {
		path, line = t.sources.Resolve(f.Pos, it.object.Path)
	}
	severity := look[f.Severity]
	t.printf("%s: %s %s %s\n", t.style.paint(bold, place(path, f.Pos)),
		t.style.paint(severity.color, severity.word+":"), t.style.paint(bold, clean(f.Message)),
		t.style.paint(faint, "["+f.ID+"]"))

	gutter := t.snippet(f.Pos, line, severity.color)
	t.note(gutter, "in", clean(where(it)))
	for _, says := range it.says {
		t.kernel(gutter, says)
	}
	for _, rel := range f.Related {
		t.related(gutter, it.object.Path, rel)
	}
	if f.Hint != "" {
		t.note(gutter, "hint", clean(f.Hint))
	}
	t.printf("\n")
}

// kernel prints what some kernels say. A lint has no words of a kernel; then it
// matters only which of several it is about.
func (t *text) kernel(gutter int, s says) {
	kernels := strings.Join(s.kernels, ", ")
	switch {
	case s.message != "":
		t.note(gutter, "Linux "+kernels, clean(s.message)+errno(s.errno))
	case t.many || s.errno != "":
		t.note(gutter, "Linux", kernels+errno(s.errno))
	}
}

func place(path string, pos analysis.Position) string {
	path = clean(path)
	switch {
	case !pos.IsValid():
		return path
	case pos.Column > 0:
		return fmt.Sprintf("%s:%d:%d", path, pos.Line, pos.Column)
	default:
		return fmt.Sprintf("%s:%d", path, pos.Line)
	}
}

func errno(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

// where says which programs and which instruction a finding is about.
func where(it item) string {
	s := fmt.Sprintf("program %s of %s", it.program.Name, it.object.Path)
	if it.finding.Insn >= 0 {
		s += fmt.Sprintf(", instruction %d", it.finding.Insn)
	}
	if it.finding.Asm != "" {
		s += ": " + it.finding.Asm
	}
	if len(it.others) > 0 {
		s += "; also in " + programs(it.others)
	}
	return s
}

// snippet prints a line of the source with a caret below its column and
// returns the width of the gutter.
func (t *text) snippet(pos analysis.Position, line, color string) int {
	const narrow = 4
	if strings.TrimSpace(line) == "" {
		return narrow
	}
	number := fmt.Sprint(pos.Line)
	gutter := max(narrow, len(number)+1)
	bar := t.style.paint(blue, "|")
	t.printf("%s %s %s\n", t.style.paint(blue, fmt.Sprintf("%*s", gutter, number)), bar, clean(strings.TrimRight(line, " \t")))
	if pos.Column > 0 && pos.Column <= len(line) {
		pad := strings.Repeat(" ", uniseg.StringWidth(clean(line[:pos.Column-1])))
		t.printf("%*s %s %s%s\n", gutter, "", bar, pad, t.style.paint(color, "^"))
	}
	return gutter
}

func (t *text) note(gutter int, label, s string) {
	t.printf("%*s %s %s %s\n", gutter, "", t.style.paint(blue, "="), t.style.paint(bold, label+":"), s)
}

func (t *text) related(gutter int, object string, rel analysis.RelatedFinding) {
	s := clean(rel.Message)
	if rel.Insn >= 0 {
		s += fmt.Sprintf(" (instruction %d", rel.Insn)
		if rel.Asm != "" {
			s += ": " + clean(rel.Asm)
		}
		s += ")"
	}
	if rel.Pos.IsValid() {
		path, _ := t.sources.Resolve(rel.Pos, object)
		s = place(path, rel.Pos) + ": " + s
	}
	t.note(gutter, "note", s)
}

// summary prints one line for each kernel.
func (t *text) summary(results []*analysis.Result) {
	for _, r := range results {
		c := r.Count()
		parts := []string{t.style.paint(green, fmt.Sprintf("%d accepted", c.Accept))}
		parts = t.some(parts, c.Reject, "rejected", red)
		parts = t.some(parts, c.Unsupported, "unsupported", magenta)
		parts = t.some(parts, c.Error, "not judged", red)
		t.printf("Linux %s: %s in %s: %s", r.Kernel, plural(c.Programs, "program"), plural(c.Objects, "object"), strings.Join(parts, ", "))
		if c.Unreadable > 0 {
			t.printf("; %s", t.style.paint(red, plural(c.Unreadable, "object")+" not readable"))
		}
		if c.Suppressed > 0 {
			t.printf("; %s suppressed", plural(c.Suppressed, "finding"))
		}
		t.printf("\n")
	}
}

func (t *text) some(parts []string, n int, word, color string) []string {
	if n == 0 {
		return parts
	}
	return append(parts, t.style.paint(color, fmt.Sprintf("%d %s", n, word)))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
