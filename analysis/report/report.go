// Package report prints the results of a run: for people (Text), for programs
// (JSON), for code scanning (SARIF), for GitHub's annotations (GitHub) and as a
// page (HTML).
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
	{"text", Text}, {"json", JSON}, {"sarif", SARIF}, {"github", GitHub}, {"html", HTML},
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

// item is a finding together with what each kernel says of it and the other
// programs that share it.
type item struct {
	object  *analysis.ObjectResult
	program *analysis.ProgramResult
	finding *analysis.Finding
	says    []says
	others  []string // names of programs
}

// says is a message that some kernels have in common.
type says struct {
	kernels        []string
	message, errno string
}

// items lists all findings by object, program and position. What several
// kernels have in common is listed once, and so is a lint of a line that
// several programs share.
func items(results []*analysis.Result) []item {
	var out []item
	for i := range objectCount(results) {
		m := merger{index: map[key]int{}}
		for _, r := range results {
			m.add(r.Kernel, r.Objects[i])
		}
		slices.SortStableFunc(m.list, func(a, b item) int { return strings.Compare(a.program.Name, b.program.Name) })
		out = append(out, m.list...)
	}
	return out
}

func objectCount(results []*analysis.Result) int {
	if len(results) == 0 {
		return 0
	}
	return len(results[0].Objects)
}

// merger collects the items of one object.
type merger struct {
	list  []item
	index map[key]int // into list
}

// key tells findings apart.
type key struct {
	id, message  string
	program      string // empty for what programs share
	insn         int
	file         string
	line, column int
}

func keyOf(p *analysis.ProgramResult, f *analysis.Finding) key {
	k := key{id: f.ID, message: f.Message}
	switch {
	case f.Severity >= analysis.Unsupported:
		k.program, k.insn = p.Name, f.Insn
	case f.Pos.IsValid():
		k.file, k.line, k.column = f.Pos.File, f.Pos.Line, f.Pos.Column
	case f.Insn >= 0:
		k.program, k.insn = p.Name, f.Insn
	}
	return k
}

func (m *merger) add(kernel string, o *analysis.ObjectResult) {
	for _, p := range o.Programs {
		for i := range p.Findings {
			f := &p.Findings[i]
			k := keyOf(p, f)
			at, known := m.index[k]
			if !known {
				at = len(m.list)
				m.index[k] = at
				m.list = append(m.list, item{object: o, program: p, finding: f})
			}
			it := &m.list[at]
			it.add(kernel, f)
			if p.Name != it.program.Name && !slices.Contains(it.others, p.Name) {
				it.others = append(it.others, p.Name)
			}
		}
	}
}

// add notes that a kernel has the finding too.
func (it *item) add(kernel string, f *analysis.Finding) {
	i := slices.IndexFunc(it.says, func(s says) bool { return s.message == f.Kernel && s.errno == f.Errno })
	if i < 0 {
		i = len(it.says)
		it.says = append(it.says, says{message: f.Kernel, errno: f.Errno})
	}
	if s := &it.says[i]; !slices.Contains(s.kernels, kernel) {
		s.kernels = append(s.kernels, kernel)
	}
}

// kernelNames lists the kernels of results: "6.18" or "5.10, 6.1".
func kernelNames(results []*analysis.Result, sep string) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Kernel)
	}
	return strings.Join(names, sep)
}

// failure is a reason why programs of an object, or the object itself, could
// not be judged.
type failure struct {
	programs []string // none when it is the object
	message  string
}

// failuresOf lists the failures of one object for all kernels.
func failuresOf(results []*analysis.Result, object int) []failure {
	var list []failure
	for _, r := range results {
		o := r.Objects[object]
		if o.Err != nil {
			list = addFailure(list, "", strings.TrimPrefix(o.Err.Error(), o.Path+": "))
		}
		for _, p := range o.Programs {
			if p.Verdict == analysis.VerdictError {
				list = addFailure(list, p.Name, p.Message)
			}
		}
	}
	return list
}

func addFailure(list []failure, program, message string) []failure {
	i := slices.IndexFunc(list, func(f failure) bool { return f.message == message })
	if i < 0 {
		i = len(list)
		list = append(list, failure{message: message})
	}
	if program != "" && !slices.Contains(list[i].programs, program) {
		list[i].programs = append(list[i].programs, program)
	}
	return list
}

// programs names one or several programs: "program a", "4 programs (a, b, c, d)".
func programs(names []string) string {
	const most = 5
	switch {
	case len(names) == 1:
		return "program " + names[0]
	case len(names) > most:
		return fmt.Sprintf("%d programs (%s, ...)", len(names), strings.Join(names[:most], ", "))
	default:
		return fmt.Sprintf("%d programs (%s)", len(names), strings.Join(names, ", "))
	}
}

func (f failure) String() string {
	if len(f.programs) == 0 {
		return f.message
	}
	return programs(f.programs) + ": " + f.message
}
