package report

import (
	"encoding/json"
	"io"

	"github.com/bpflint/bpflint/analysis"
)

// Version is that of the JSON document. It grows when a field changes its
// meaning or goes away; new fields may appear without.
const Version = 1

// Document is what --format json prints.
type Document struct {
	Version int    `json:"version"`
	Tool    Name   `json:"tool"`
	Kernel  string `json:"kernel"` // of several: "5.10,6.1"
	Objects []Obj  `json:"objects"`
}

// Name is a tool's name and version.
type Name struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Obj is one object as one kernel judges it.
type Obj struct {
	Path     string `json:"path"`
	Kernel   string `json:"kernel,omitempty"` // only when the run was for several
	Error    string `json:"error"`
	Programs []Prog `json:"programs"`
}

// Prog is one program.
type Prog struct {
	Name       string `json:"name"`
	Section    string `json:"section"`
	Type       string `json:"type"`
	AttachType string `json:"attach_type"`
	AttachTo   string `json:"attach_to"`
	Verdict    string `json:"verdict"`
	Message    string `json:"message"`
	Errno      string `json:"errno"`
	Insn       int    `json:"insn"` // -1 for none
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Stats      Stats  `json:"stats"`
	Functions  []Func `json:"functions,omitempty"` // of programs with several
	Diags      []Diag `json:"diagnostics"`
}

// Stats are the figures of the kernel's verifier log.
type Stats struct {
	Insns            int   `json:"insns"`
	ProcessedInsns   int   `json:"processed_insns"`
	TotalStates      int   `json:"total_states"`
	PeakStates       int   `json:"peak_states"`
	MaxStatesPerInsn int   `json:"max_states_per_insn"`
	StackDepth       int   `json:"stack_depth"`
	VerificationNS   int64 `json:"verification_ns"`
}

// Func is one function of a program.
type Func struct {
	Name           string   `json:"name"`
	Verified       string   `json:"verified"` // "alone", "in callers" or "not reached"
	ProcessedInsns int      `json:"processed_insns"`
	Arguments      []string `json:"arguments,omitempty"` // what callers must pass to one that is verified alone
	// Mismatch says why the function's types do not describe what it is called
	// with, so that it cannot be replaced or traced by them.
	Mismatch string `json:"type_mismatch,omitempty"`
}

// Diag is one finding.
type Diag struct {
	ID            string `json:"id"`
	Severity      string `json:"severity"`
	Analyzer      string `json:"analyzer"`
	Insn          int    `json:"insn"`
	Asm           string `json:"instruction"`
	File          string `json:"file"`
	Line          int    `json:"line"`
	Column        int    `json:"column"`
	Message       string `json:"message"`
	KernelMessage string `json:"kernel_message"`
	Errno         string `json:"errno"`
	Hint          string `json:"hint"`
	Related       []Rel  `json:"related"`
}

// Rel is a related position.
type Rel struct {
	Insn    int    `json:"insn"`
	Asm     string `json:"instruction"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// JSON prints one Document.
func JSON(w io.Writer, results []*analysis.Result, o Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(NewDocument(results, o.Tool))
}

// NewDocument makes the document of results for one or several kernels.
func NewDocument(results []*analysis.Result, tool Tool) *Document {
	doc := &Document{Version: Version, Tool: Name(tool), Kernel: kernelNames(results, ","), Objects: []Obj{}}
	for i := range objectCount(results) {
		for _, r := range results {
			obj := newObj(r.Objects[i])
			if len(results) > 1 {
				obj.Kernel = r.Kernel
			}
			doc.Objects = append(doc.Objects, obj)
		}
	}
	return doc
}

func newObj(o *analysis.ObjectResult) Obj {
	obj := Obj{Path: o.Path, Programs: []Prog{}}
	if o.Err != nil {
		obj.Error = o.Err.Error()
	}
	for _, p := range o.Programs {
		obj.Programs = append(obj.Programs, newProg(p))
	}
	return obj
}

func newProg(p *analysis.ProgramResult) Prog {
	out := Prog{
		Name: p.Name, Section: p.Section,
		Type: TypeName(p.Type), AttachType: AttachName(p.Type, p.AttachType), AttachTo: p.AttachTo,
		Verdict: string(p.Verdict), Message: p.Message, Errno: p.Errno, Insn: p.Insn,
		File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Column,
		Stats: Stats{
			Insns: p.Stats.Insns, ProcessedInsns: p.Stats.ProcessedInsns, TotalStates: p.Stats.TotalStates,
			PeakStates: p.Stats.PeakStates, MaxStatesPerInsn: p.Stats.MaxStatesPerInsn,
			StackDepth: p.Stats.StackDepth, VerificationNS: p.Stats.VerificationNanos,
		},
		Diags: []Diag{},
	}
	for _, f := range p.Stats.Functions {
		out.Functions = append(out.Functions, newFunc(f))
	}
	for i := range p.Findings {
		out.Diags = append(out.Diags, newDiag(&p.Findings[i]))
	}
	return out
}

func newFunc(f analysis.Function) Func {
	out := Func{Name: f.Name, Verified: "in callers", ProcessedInsns: f.ProcessedInsns, Arguments: f.Arguments, Mismatch: f.Mismatch}
	switch {
	case !f.Reached:
		out.Verified = "not reached"
	case f.Alone:
		out.Verified = "alone"
	}
	return out
}

func newDiag(f *analysis.Finding) Diag {
	d := Diag{
		ID: f.ID, Severity: f.Severity.String(), Analyzer: f.Analyzer, Insn: f.Insn, Asm: f.Asm,
		File: f.Pos.File, Line: f.Pos.Line, Column: f.Pos.Column,
		Message: f.Message, KernelMessage: f.Kernel, Errno: f.Errno, Hint: f.Hint, Related: []Rel{},
	}
	for _, r := range f.Related {
		d.Related = append(d.Related, Rel{
			Insn: r.Insn, Asm: r.Asm, File: r.Pos.File, Line: r.Pos.Line, Column: r.Pos.Column, Message: r.Message,
		})
	}
	return d
}
