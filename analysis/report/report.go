// Package report prints the results of a run: for people (Text), for programs
// (JSON), for code scanning (SARIF) and for GitHub's annotations (GitHub).
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpflint/bpflint/analysis"
)

// Tool names who made a report.
type Tool struct {
	Name    string
	Version string
}

// Options say how to print.
type Options struct {
	Tool  Tool
	Color bool // Text: with ANSI escapes
	Quiet bool // Text: findings only, no notes and no summary
	Suite []*analysis.Analyzer
}

// Renderer prints results, one for each kernel that was judged for. All of
// them are about the same objects.
type Renderer func(w io.Writer, results []*analysis.Result, o Options) error

var formats = []struct {
	name   string
	render Renderer
}{
	{"text", Text}, {"json", JSON}, {"sarif", SARIF}, {"github", GitHub},
}

// Formats lists the names that [ByName] knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ByName returns the renderer of a format.
func ByName(name string) (Renderer, error) {
	for _, f := range formats {
		if f.name == name {
			return f.render, nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: want one of %s", name, strings.Join(Formats(), ", "))
}

// item is a finding together with the kernels that it is true for.
type item struct {
	object  *analysis.ObjectResult
	program *analysis.ProgramResult
	finding *analysis.Finding
	kernels []string
}

// items lists all findings by object, program and position. A finding that
// several kernels share word for word is listed once.
func items(results []*analysis.Result) []item {
	var out []item
	for i := range objectCount(results) {
		var ofObject []item
		for _, r := range results {
			ofObject = merge(ofObject, r.Kernel, r.Objects[i])
		}
		slices.SortStableFunc(ofObject, func(a, b item) int { return strings.Compare(a.program.Name, b.program.Name) })
		out = append(out, ofObject...)
	}
	return out
}

func objectCount(results []*analysis.Result) int {
	if len(results) == 0 {
		return 0
	}
	return len(results[0].Objects)
}

func merge(list []item, kernel string, o *analysis.ObjectResult) []item {
	for _, p := range o.Programs {
		for i := range p.Findings {
			f := &p.Findings[i]
			if same := find(list, p, f); same != nil {
				same.kernels = append(same.kernels, kernel)
				continue
			}
			list = append(list, item{object: o, program: p, finding: f, kernels: []string{kernel}})
		}
	}
	return list
}

func find(list []item, p *analysis.ProgramResult, f *analysis.Finding) *item {
	for i := range list {
		g := list[i].finding
		if list[i].program.Name == p.Name && g.ID == f.ID && g.Insn == f.Insn && g.Severity == f.Severity &&
			g.Message == f.Message && g.Kernel == f.Kernel && g.Errno == f.Errno {
			return &list[i]
		}
	}
	return nil
}

// kernelNames lists the kernels of results: "6.18" or "5.10, 6.1".
func kernelNames(results []*analysis.Result, sep string) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Kernel)
	}
	return strings.Join(names, sep)
}
