package analysis

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"github.com/bpflint/bpflint/prog"
)

// runner runs a plan on one program.
type runner struct {
	plan    *plan
	program *prog.Program
	results map[*Analyzer]any
	// blocked holds analyzers after which those that require them cannot run.
	blocked  map[*Analyzer]bool
	stats    Stats
	findings []Finding // by the order of the suite
	failed   error     // the first analyzer that could not do its job
	spent    []lap
}

// lap is the time that one step took on one program.
type lap struct {
	step string
	took time.Duration
}

func (p *plan) runProgram(program *prog.Program) *runner {
	r := &runner{
		plan:    p,
		program: program,
		results: make(map[*Analyzer]any, len(p.run)),
		blocked: map[*Analyzer]bool{},
	}
	for _, a := range p.run {
		if slices.ContainsFunc(a.Requires, func(req *Analyzer) bool { return r.blocked[req] }) {
			r.blocked[a] = true
			continue
		}
		r.analyze(a)
	}
	r.stats.Insns = len(program.Insns)
	return r
}

// analyze runs one analyzer and keeps what it returns and reports.
func (r *runner) analyze(a *Analyzer) {
	var found []Finding
	var misuse error
	pass := &Pass{Analyzer: a, Program: r.program, ResultOf: r.results, Stats: &r.stats}
	pass.Report = func(d Diagnostic) {
		f, err := r.finding(a, d)
		if err != nil {
			misuse = err
			return
		}
		found = append(found, f)
		if f.Severity >= Unsupported {
			r.blocked[a] = true
		}
	}
	start := time.Now()
	res, err := protect(a, pass)
	r.spent = append(r.spent, lap{a.Name, time.Since(start)})
	if err == nil {
		err = misuse
	}
	if err == nil && !r.blocked[a] {
		err = checkResult(a, res)
	}
	if err != nil {
		r.blocked[a] = true
		if r.failed == nil {
			r.failed = fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	r.results[a] = res
	slices.SortStableFunc(found, func(x, y Finding) int { return x.Insn - y.Insn })
	r.findings = append(r.findings, found...)
}

// protect turns a panic into an error: a bug of ours in one analyzer must not
// take the verdicts of other programs with it.
func protect(a *Analyzer, pass *Pass) (res any, err error) {
	defer func() {
		if p := recover(); p != nil {
			res, err = nil, fmt.Errorf("internal error, please report it: %v\n%s", p, debug.Stack())
		}
	}()
	return a.Run(pass)
}

func checkResult(a *Analyzer, res any) error {
	if got := reflect.TypeOf(res); got != a.ResultType {
		return fmt.Errorf("internal error: the result is a %v, ResultType says %v", got, a.ResultType)
	}
	return nil
}

// finding completes a diagnostic. The severity is that of its rule unless the
// analyzer raised it.
func (r *runner) finding(a *Analyzer, d Diagnostic) (Finding, error) {
	i := slices.IndexFunc(a.Diagnostics, func(rule Rule) bool { return rule.ID == d.ID })
	if i < 0 {
		return Finding{}, fmt.Errorf("internal error: it reports %q, which it does not declare", d.ID)
	}
	rule := &a.Diagnostics[i]
	d.Severity = max(d.Severity, rule.Severity)
	f := Finding{Diagnostic: d, Analyzer: a.Name, Rule: rule}
	f.Insn, f.Pos, f.Asm = r.place(d.Insn)
	for _, rel := range d.Related {
		rf := RelatedFinding{Related: rel}
		rf.Insn, rf.Pos, rf.Asm = r.place(rel.Insn)
		f.Related = append(f.Related, rf)
	}
	return f, nil
}

// place finds the source and the text of a slot; -1 stands for no slot.
func (r *runner) place(insn int) (int, Position, string) {
	if insn < 0 || insn >= len(r.program.Insns) {
		return -1, Position{}, ""
	}
	return insn, PositionOf(r.program, insn), disassemble(r.program, insn)
}

// PositionOf returns the place in the source of a slot.
func PositionOf(p *prog.Program, insn int) Position {
	l := p.LineAt(insn)
	if l == nil {
		return Position{}
	}
	return Position{File: l.File, Line: l.Line, Column: l.Column, Text: l.Text}
}

// conclude makes the verdict. The first rejection in the order of the suite is
// the kernel's, since the suite stands in the order of the kernel's checks.
func (r *runner) conclude(p *ProgramResult) {
	p.Stats = r.stats
	p.Verdict, p.Message, p.Errno, p.Insn = VerdictAccept, "", "", -1
	if f := r.first(Reject); f != nil {
		p.Verdict, p.Errno, p.Insn, p.Pos = VerdictReject, f.Errno, f.Insn, f.Pos
		p.Message = f.Kernel
		if p.Message == "" {
			p.Message = f.Message
		}
		return
	}
	if r.failed != nil {
		p.Verdict, p.Message = VerdictError, r.failed.Error()
		return
	}
	if f := r.first(Unsupported); f != nil {
		p.Verdict, p.Insn, p.Pos = VerdictUnsupported, f.Insn, f.Pos
		p.Message = "unsupported: " + f.Message
		return
	}
	if len(r.plan.absent) > 0 {
		p.Verdict, p.Message = VerdictUnsupported, "unsupported: analyzer "+r.plan.absent[0].Name+" does not run"
	}
}

func (r *runner) first(s Severity) *Finding {
	for i := range r.findings {
		if r.findings[i].Severity == s {
			return &r.findings[i]
		}
	}
	return nil
}
