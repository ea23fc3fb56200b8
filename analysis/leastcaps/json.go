package leastcaps

import (
	"encoding/json"
	"io"

	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/linux"
)

// Version is that of the JSON document, which counts as report.Version does.
const Version = 1

// Document is what --caps --format json prints.
type Document struct {
	Version int         `json:"version"`
	Tool    report.Name `json:"tool"`
	Objects []obj       `json:"objects"`
}

type obj struct {
	Path     string   `json:"path"`
	Kernel   string   `json:"kernel"`
	Error    string   `json:"error"`
	Caps     []string `json:"caps"` // empty when it takes none
	Programs []prog   `json:"programs"`
	Maps     []mapRow `json:"maps"`
}

type prog struct {
	Name    string   `json:"name"`
	Section string   `json:"section"`
	Type    string   `json:"type"`
	Loads   bool     `json:"loads"`   // with all capabilities
	Verdict string   `json:"verdict"` // with all capabilities
	Message string   `json:"message"`
	Caps    []string `json:"caps"`
	Needs   []need   `json:"needs"`
}

type need struct {
	Cap    string `json:"cap"`
	Why    string `json:"why"`
	Kernel string `json:"kernel_message"` // without the capability
	Errno  string `json:"errno"`
	Insn   int    `json:"insn"` // -1 for the program as a whole
	Asm    string `json:"instruction"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type mapRow struct {
	Name string   `json:"name"`
	Caps []string `json:"caps"`
	Why  string   `json:"why"`
}

// JSON prints one Document.
func JSON(w io.Writer, results []*Result, tool report.Tool) error {
	doc := Document{Version: Version, Tool: report.Name(tool), Objects: []obj{}}
	for _, r := range results {
		for _, o := range r.Objects {
			doc.Objects = append(doc.Objects, newObj(r.Kernel, o))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func newObj(kernel string, o *Object) obj {
	out := obj{Path: o.Path, Kernel: kernel, Caps: names(o.Caps), Programs: []prog{}, Maps: []mapRow{}}
	if o.Err != nil {
		out.Error = o.Err.Error()
	}
	for _, p := range o.Programs {
		out.Programs = append(out.Programs, newProg(p))
	}
	for _, m := range o.Maps {
		out.Maps = append(out.Maps, mapRow{m.Name, names(m.Caps), m.Why})
	}
	return out
}

func newProg(p *Program) prog {
	out := prog{
		Name: p.Name, Section: p.Section, Type: report.TypeName(p.Type), Loads: p.Loads,
		Verdict: string(p.Verdict), Message: p.Message, Caps: names(p.Caps), Needs: []need{},
	}
	for _, n := range p.Needs {
		out.Needs = append(out.Needs, need{
			Cap: n.Cap.String(), Why: n.Why, Kernel: n.Kernel, Errno: n.Errno, Insn: n.Insn, Asm: n.Asm,
			File: n.Pos.File, Line: n.Pos.Line, Column: n.Pos.Column,
		})
	}
	return out
}

func names(c linux.Caps) []string {
	list := []string{}
	c.Each(func(one linux.Caps) { list = append(list, one.String()) })
	return list
}
