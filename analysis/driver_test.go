package analysis_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// link makes a program of two instructions without asking for an ELF file.
func link(spec *ebpf.CollectionSpec, name string, target *prog.Target) (*prog.Program, error) {
	ps := spec.Programs[name]
	if ps.License == "broken" {
		return nil, errors.New("cannot link")
	}
	return &prog.Program{
		Name: name, Section: ps.SectionName, License: ps.License, Type: ps.Type, Target: target,
		Insns: []cfg.Insn{{Op: cfg.ClassALU64 | cfg.AluMOV}, {Op: cfg.OpEXIT}},
		Lines: []prog.Line{
			{Insn: 0, File: "a.c", Line: 3, Column: 2, Text: "\tint x = 0;"},
			{Insn: 1, File: "a.c", Line: 4, Text: "\treturn x; /* bpflint:ignore lint/ignored,lint/too why */"},
		},
	}, nil
}

func config(suite ...*analysis.Analyzer) analysis.Config {
	return analysis.Config{Suite: suite, Target: &prog.Target{Kernel: linux.V6_18}, Link: link}
}

func object(path string, programs ...string) analysis.Object {
	spec := &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{}}
	for _, name := range programs {
		spec.Programs[name] = &ebpf.ProgramSpec{Name: name, Type: ebpf.XDP}
	}
	return analysis.Object{Path: path, Spec: spec}
}

func reporter(name string, s analysis.Severity, ds ...analysis.Diagnostic) *analysis.Analyzer {
	a := &analysis.Analyzer{Name: name, Doc: "reports"}
	seen := map[string]bool{}
	for _, d := range ds {
		if !seen[d.ID] {
			a.Diagnostics = append(a.Diagnostics, analysis.Rule{ID: d.ID, Severity: s, Title: "t", Doc: "d"})
		}
		seen[d.ID] = true
	}
	a.Run = func(pass *analysis.Pass) (any, error) {
		for _, d := range ds {
			pass.Report(d)
		}
		return nil, nil
	}
	return a
}

func runOne(t *testing.T, c analysis.Config) *analysis.ProgramResult {
	t.Helper()
	res, err := analysis.Run([]analysis.Object{object("a.o", "p")}, c)
	require.NoError(t, err)
	require.Len(t, res.Objects, 1)
	require.Len(t, res.Objects[0].Programs, 1)
	return res.Objects[0].Programs[0]
}

func TestVerdict(t *testing.T) {
	accept := reporter("accept", analysis.Reject)
	accept.Diagnostics = []analysis.Rule{{ID: "accept/x", Severity: analysis.Reject}}
	early := reporter("early", analysis.Reject, analysis.Diagnostic{ID: "early/x", Insn: 1, Message: "ours", Kernel: "theirs", Errno: "EINVAL"})
	late := reporter("late", analysis.Reject, analysis.Diagnostic{ID: "late/x", Insn: 0, Message: "too late", Errno: "EACCES"})
	wordless := reporter("wordless", analysis.Reject, analysis.Diagnostic{ID: "wordless/x", Insn: -1, Message: "too long", Errno: "E2BIG"})
	unknown := reporter("unknown", analysis.Unsupported, analysis.Diagnostic{ID: "unknown/x", Insn: 1, Message: "arenas"})
	lint := reporter("lint", analysis.Warning, analysis.Diagnostic{ID: "lint/x", Insn: 0, Message: "smells"})
	fails := reporter("fails", analysis.Info)
	fails.Run = func(*analysis.Pass) (any, error) { return nil, errors.New("no idea") }
	panics := reporter("panics", analysis.Info)
	panics.Run = func(*analysis.Pass) (any, error) { panic("boom") }
	lies := reporter("lies", analysis.Info)
	lies.Run = func(p *analysis.Pass) (any, error) { p.Report(analysis.Diagnostic{ID: "lies/x"}); return nil, nil }
	mistyped := reporter("mistyped", analysis.Info)
	mistyped.ResultType = reflect.TypeFor[int]()

	for _, tt := range []struct {
		name    string
		suite   []*analysis.Analyzer
		verdict analysis.Verdict
		message string
		errno   string
		insn    int
	}{
		{"silence accepts", []*analysis.Analyzer{accept}, analysis.VerdictAccept, "", "", -1},
		{"a lint does not decide", []*analysis.Analyzer{accept, lint}, analysis.VerdictAccept, "", "", -1},
		{"the first of the suite decides", []*analysis.Analyzer{early, late}, analysis.VerdictReject, "theirs", "EINVAL", 1},
		{"our words where the kernel has none", []*analysis.Analyzer{wordless}, analysis.VerdictReject, "too long", "E2BIG", -1},
		{"unsupported", []*analysis.Analyzer{unknown, lint}, analysis.VerdictUnsupported, "unsupported: arenas", "", 1},
		{"a rejection is sure", []*analysis.Analyzer{unknown, late}, analysis.VerdictReject, "too late", "EACCES", 0},
		{"an analyzer fails", []*analysis.Analyzer{fails}, analysis.VerdictError, "fails: no idea", "", -1},
		{"an analyzer fails after a rejection", []*analysis.Analyzer{early, fails}, analysis.VerdictReject, "theirs", "EINVAL", 1},
		{"an analyzer panics", []*analysis.Analyzer{panics}, analysis.VerdictError, "boom", "", -1},
		{"an undeclared rule", []*analysis.Analyzer{lies}, analysis.VerdictError, "does not declare", "", -1},
		{"a result of another type", []*analysis.Analyzer{mistyped}, analysis.VerdictError, "ResultType says int", "", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := runOne(t, config(tt.suite...))
			require.Equal(t, tt.verdict, p.Verdict)
			require.Contains(t, p.Message, tt.message)
			require.Equal(t, tt.message == "", p.Message == "")
			require.Equal(t, tt.errno, p.Errno)
			require.Equal(t, tt.insn, p.Insn)
			require.Equal(t, 2, p.Stats.Insns)
		})
	}
}

func TestRejectionStopsDependents(t *testing.T) {
	structure := reporter("structure", analysis.Reject, analysis.Diagnostic{ID: "structure/x", Insn: -1, Message: "no"})
	graph := reporter("graph", analysis.Info)
	graph.Requires = []*analysis.Analyzer{structure}
	graph.Run = func(*analysis.Pass) (any, error) { t.Error("graph ran"); return nil, nil }
	proof := reporter("proof", analysis.Info)
	proof.Requires = []*analysis.Analyzer{graph}
	proof.Run = func(*analysis.Pass) (any, error) { t.Error("proof ran"); return nil, nil }
	lint := reporter("lint", analysis.Warning, analysis.Diagnostic{ID: "lint/x", Insn: -1, Message: "smells"})

	p := runOne(t, config(structure, graph, proof, lint))
	require.Equal(t, analysis.VerdictReject, p.Verdict)
	require.Len(t, p.Findings, 2, "lints that need nothing still run")
}

func TestResultsArePassedOn(t *testing.T) {
	first := reporter("first", analysis.Info)
	first.ResultType = reflect.TypeFor[int]()
	first.Run = func(*analysis.Pass) (any, error) { return 41, nil }
	got := 0
	second := reporter("second", analysis.Info)
	second.Requires = []*analysis.Analyzer{first}
	second.Run = func(pass *analysis.Pass) (any, error) {
		got = pass.ResultOf[first].(int) + 1
		pass.Stats.ProcessedInsns = got
		return nil, nil
	}
	p := runOne(t, config(first, second))
	require.Equal(t, 42, got)
	require.Equal(t, 42, p.Stats.ProcessedInsns)
}

func TestNothingIsAcceptedUnchecked(t *testing.T) {
	proof := reporter("proof", analysis.Reject, analysis.Diagnostic{ID: "proof/x", Message: "bad"})
	c := config(proof)
	c.Selection.Disable = []string{"proof"}
	p := runOne(t, c)
	require.Equal(t, analysis.VerdictUnsupported, p.Verdict)
	require.Equal(t, "unsupported: analyzer proof does not run", p.Message)
	require.Empty(t, p.Findings)
}

func TestSuppress(t *testing.T) {
	a := reporter("lint", analysis.Reject,
		analysis.Diagnostic{ID: "lint/ignored", Insn: 1, Message: "hidden by a comment"},
		analysis.Diagnostic{ID: "lint/ignored", Insn: 0, Message: "same rule, other line"},
		analysis.Diagnostic{ID: "lint/disabled", Insn: 0, Message: "hidden by a flag"},
		analysis.Diagnostic{ID: "lint/configured", Insn: 0, Message: "hidden by the file"},
		analysis.Diagnostic{ID: "lint/elsewhere", Insn: 0, Message: "the file means another program"},
	)
	c := config(a)
	c.Selection.Disable = []string{"lint/dis*"}
	c.Suppress = []analysis.Suppression{
		{ID: "lint/configured", Path: "a.o", Program: "p"},
		{ID: "lint/elsewhere", Program: "q"},
	}
	p := runOne(t, c)
	var left []string
	for _, f := range p.Findings {
		left = append(left, f.Message)
	}
	require.Equal(t, []string{"same rule, other line", "the file means another program"}, left)
	require.Equal(t, 3, p.Suppressed)
	require.Equal(t, analysis.VerdictReject, p.Verdict, "hiding a finding does not change a verdict")
}

func TestPositions(t *testing.T) {
	a := reporter("lint", analysis.Warning, analysis.Diagnostic{
		ID: "lint/x", Insn: 0, Message: "m", Related: []analysis.Related{{Insn: 1, Message: "here"}, {Insn: 99, Message: "nowhere"}},
	})
	f := runOne(t, config(a)).Findings[0]
	require.Equal(t, analysis.Position{File: "a.c", Line: 3, Column: 2, Text: "\tint x = 0;"}, f.Pos)
	require.Equal(t, 4, f.Related[0].Pos.Line)
	require.Equal(t, -1, f.Related[1].Insn)
	require.False(t, f.Related[1].Pos.IsValid())
}

func TestProgramsAreChosen(t *testing.T) {
	c := config(reporter("lint", analysis.Info))
	c.Programs = []string{"x*", "exact"}
	res, err := analysis.Run([]analysis.Object{object("a.o", "xa", "exact", "other"), object("b.o", "xb")}, c)
	require.NoError(t, err)
	require.Len(t, res.Objects[0].Programs, 2)
	require.Len(t, res.Objects[1].Programs, 1)

	c.Programs = []string{"misspelled"}
	_, err = analysis.Run([]analysis.Object{object("a.o", "p")}, c)
	require.ErrorContains(t, err, `no object has a program "misspelled"`)
}

func TestObjectsThatFail(t *testing.T) {
	bad := object("b.o", "p")
	bad.Spec.Programs["p"].License = "broken"
	res, err := analysis.Run([]analysis.Object{
		{Path: "a.o", Err: errors.New("not an ELF file")}, bad, object("c.o", "p"),
	}, config(reporter("lint", analysis.Info)))
	require.NoError(t, err)
	require.ErrorContains(t, res.Objects[0].Err, "not an ELF file")
	require.Equal(t, analysis.VerdictError, res.Objects[1].Programs[0].Verdict)
	require.Equal(t, "cannot link", res.Objects[1].Programs[0].Message)
	require.Equal(t, analysis.VerdictAccept, res.Objects[2].Programs[0].Verdict)
	require.Equal(t, analysis.Count{Objects: 3, Unreadable: 1, Programs: 2, Accept: 1, Error: 1}, res.Count())
}

// Programs finish in any order; what is reported does not depend on it.
func TestDeterminism(t *testing.T) {
	a := reporter("lint", analysis.Warning, analysis.Diagnostic{ID: "lint/x"})
	a.Run = func(pass *analysis.Pass) (any, error) {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		for i := range 2 {
			pass.Report(analysis.Diagnostic{ID: "lint/x", Insn: 1 - i, Message: pass.Program.Name})
		}
		return nil, nil
	}
	var objects []analysis.Object
	for i := range 10 {
		objects = append(objects, object(fmt.Sprintf("%d.o", i), "d", "b", "a", "c"))
	}
	var first []*analysis.ObjectResult
	for range 5 {
		c := config(a)
		c.Jobs = 8
		last := 0
		c.Progress = func(done, total int) {
			require.Equal(t, 40, total)
			require.Equal(t, last+1, done)
			last = done
		}
		res, err := analysis.Run(objects, c)
		require.NoError(t, err)
		require.Equal(t, 40, last)
		require.Equal(t, 40, res.Timings[1].Runs)
		if first == nil {
			first = res.Objects
		}
		require.Equal(t, first, res.Objects)
	}
	require.Equal(t, "a", first[0].Programs[0].Name)
	require.Equal(t, 0, first[0].Programs[0].Findings[0].Insn)
}
