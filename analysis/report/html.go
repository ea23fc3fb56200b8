package report

import (
	"bufio"
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/bpflint/bpflint/analysis"
)

//go:embed html.tmpl
var pageText string

// HTML writes one page that needs nothing else: the verdicts of all programs for
// all kernels side by side, with the findings below.
func HTML(w io.Writer, results []*analysis.Result, o Options) error {
	page, err := template.New("report").Parse(pageText)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if err := page.Execute(out, newPage(results, o)); err != nil {
		return err
	}
	return out.Flush()
}

// page is what the template shows.
type page struct {
	Tool    Tool
	Kernels []kernelSum
	Objects []pageObject
}

type kernelSum struct {
	Name  string
	Count analysis.Count
}

type pageObject struct {
	Path     string
	Failures []string
	Programs []pageProgram
}

type pageProgram struct {
	Name, Section, Type string
	Verdicts            []verdictCell
	Findings            []pageFinding
}

// verdictCell is the verdict of one kernel.
type verdictCell struct {
	Verdict analysis.Verdict
	Message string
	Stats   analysis.Stats
}

type pageFinding struct {
	ID, Severity, Message, Hint, Doc string
	Place, Before, At, After         string // the line of the source, cut at its column
	Where                            string
	Says                             []pageSays
	Notes                            []pageNote
}

type pageSays struct{ Kernels, Message string }

type pageNote struct{ Place, Message, Asm string }

func newPage(results []*analysis.Result, o Options) *page {
	p := &page{Tool: o.Tool}
	for _, r := range results {
		p.Kernels = append(p.Kernels, kernelSum{r.Kernel, r.Count()})
	}
	b := pageBuilder{results: results, sources: NewSources()}
	found := map[*analysis.ObjectResult][]item{}
	for _, it := range items(results) {
		found[it.object] = append(found[it.object], it)
	}
	for i := range objectCount(results) {
		p.Objects = append(p.Objects, b.object(i, found))
	}
	return p
}

type pageBuilder struct {
	results []*analysis.Result
	sources *Sources
}

func (b *pageBuilder) object(n int, found map[*analysis.ObjectResult][]item) pageObject {
	first := b.results[0].Objects[n]
	o := pageObject{Path: clean(first.Path)}
	for _, f := range failuresOf(b.results, n) {
		o.Failures = append(o.Failures, clean(f.String()))
	}
	findings := map[string][]pageFinding{}
	for _, r := range b.results {
		for _, it := range found[r.Objects[n]] {
			findings[it.program.Name] = append(findings[it.program.Name], b.finding(it))
		}
	}
	for i, p := range first.Programs {
		row := pageProgram{
			Name: clean(p.Name), Section: clean(p.Section), Type: TypeName(p.Type), Findings: findings[p.Name],
		}
		for _, r := range b.results {
			same := r.Objects[n].Programs[i]
			row.Verdicts = append(row.Verdicts, verdictCell{same.Verdict, clean(same.Message), same.Stats})
		}
		o.Programs = append(o.Programs, row)
	}
	return o
}

func (b *pageBuilder) finding(it item) pageFinding {
	f := it.finding
	out := pageFinding{
		ID: f.ID, Severity: f.Severity.String(), Message: clean(f.Message), Hint: clean(f.Hint), Where: clean(where(it)),
	}
	if f.Rule != nil {
		out.Doc = f.Rule.Doc
	}
	if f.Pos.IsValid() {
		path, line := b.sources.Resolve(f.Pos, it.object.Path)
		out.Place = place(path, f.Pos)
		out.Before, out.At, out.After = cut(line, f.Pos.Column)
	}
	for _, s := range it.says {
		if s.message != "" || s.errno != "" {
			out.Says = append(out.Says, pageSays{strings.Join(s.kernels, ", "), clean(s.message) + errno(s.errno)})
		}
	}
	for _, r := range f.Related {
		note := pageNote{Message: clean(r.Message), Asm: clean(r.Asm)}
		if r.Pos.IsValid() {
			path, _ := b.sources.Resolve(r.Pos, it.object.Path)
			note.Place = place(path, r.Pos)
		}
		out.Notes = append(out.Notes, note)
	}
	return out
}

// cut divides a line at the word that begins in a column, counted in bytes from 1.
func cut(line string, column int) (before, at, after string) {
	if column < 1 || column > len(line) {
		return clean(line), "", ""
	}
	rest := line[column-1:]
	n := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
	switch {
	case n < 0:
		n = len(rest)
	case n == 0:
		n = 1
	}
	return clean(line[:column-1]), clean(rest[:n]), clean(rest[n:])
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= 0x80
}
