// Package tailcalls finds programs that cannot be in one program array.
package tailcalls

import (
	"fmt"
	"slices"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/proof"
	"github.com/bpflint/bpflint/prog"
)

const (
	conflict   = "lint/program-array"
	callers    = "lint/program-array-callers"
	empty      = "lint/program-array-empty"
	conversion = "tailcalls/conversion"
)

// errnos and hints are by rule.
var (
	errnos = map[string]string{conversion: "EINVAL"}
	hints  = map[string]string{
		conflict:   "use one program array for each kind of program",
		conversion: "call it from a kprobe, tracepoint, perf event or raw tracepoint program",
	}
)

// Analyzer compares a program with those that the object puts into its program
// arrays.
var Analyzer = &analysis.Analyzer{
	Name: "tailcalls",
	Doc: `find programs that cannot be in one program array

All programs of an array, and all that call into it, must be of one kind. The
first one decides which; the kernel refuses the others when they are put in or
loaded, with EINVAL and without a message. Calls with a constant index that lead
to nothing are found as well.`,
	URL:      "https://docs.ebpf.io/linux/map-type/BPF_MAP_TYPE_PROG_ARRAY/",
	Requires: []*analysis.Analyzer{proof.Analyzer},
	Diagnostics: []analysis.Rule{
		{
			ID: conflict, Severity: analysis.Warning, Title: "a program array has members that its callers cannot call",
			Doc: `Programs that share an array must agree on their type and, by the kernel, on the expected attach type, on the
arguments of the functions that they attach to, on multi-buffer XDP (SEC("xdp.frags")) and on sleeping. Use one
array for each kind.`,
		},
		{
			ID: callers, Severity: analysis.Warning, Title: "several kinds of programs use one program array",
			Doc: `The first program that is loaded, or put into the array, decides what the array is for. Loading another one
that refers to the array and differs in its type or, by the kernel, in its expected attach type, in the arguments of the
function that it attaches to, in its cgroup storage, in multi-buffer XDP or in sleeping, fails with EINVAL and without a
message. Use one array for each kind.`,
		},
		{
			ID: conversion, Severity: analysis.Reject, Title: "a tail call cannot convert the context for a gtrace program",
			Doc: `With --extensions gtrace. Programs of type kprobe, tracepoint, perf_event and raw_tracepoint can call a gtrace
program; the context of other types does not hold what a gtrace program gets. The proposal refuses them when the array is
filled and when the caller is verified.`,
		},
		{
			ID: empty, Severity: analysis.Info, Title: "a tail call leads to an index that the object leaves empty",
			Doc: `The object fills some indices of the array when it is loaded. A call to another index goes on behind the call
unless user space puts a program there.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	if !p.Has(prog.NoteType) { // what it is for is known
		compare(pass)
	}
	res, _ := pass.ResultOf[proof.Analyzer].(*absint.Result)
	if res == nil {
		return nil, nil
	}
	for _, call := range res.TailCalls {
		if name := missing(p, call); name != "" {
			pass.Report(analysis.Diagnostic{
				ID: empty, Insn: call.Insn,
				Message: fmt.Sprintf("the object puts no program at index %d of %s", call.Index, name),
			})
		}
	}
	return nil, nil
}

// missing names the array of a call that leads to an index which the object
// leaves empty though it fills others.
func missing(p *prog.Program, call absint.TailCall) string {
	if call.Map < 0 || call.Index < 0 || len(p.Maps[call.Map].Members) == 0 {
		return ""
	}
	for _, m := range p.Maps[call.Map].Members {
		if int64(m.Index) == call.Index {
			return ""
		}
	}
	return p.Maps[call.Map].Name
}

// compare compares the program with those that it meets in its arrays.
func compare(pass *analysis.Pass) {
	self := pass.Program.ForArray()
	for i, m := range pass.Program.Maps {
		for _, other := range m.Members {
			reportMember(pass, i, self, &other)
		}
		reportCallers(pass, i, self)
	}
}

// reportMember says why the program cannot call a member of one of its arrays.
func reportMember(pass *analysis.Pass, array int, self linux.ArrayProgram, other *prog.Member) {
	p := pass.Program
	why := p.Target.Release().ArrayConflict(self, other.ArrayProgram.ArrayProgram)
	if why == "" {
		return
	}
	id := conflict
	if other.Type == linux.ProgGtrace {
		id = conversion
	}
	pass.Report(analysis.Diagnostic{
		ID: id, Insn: firstUse(p, array), Errno: errnos[id],
		Message: fmt.Sprintf("%s in the array %s cannot be called from here: %s", other.Name, p.Maps[array].Name, why),
		Hint:    hints[id],
	})
}

// reportCallers says that another program cannot use the same array. Where it
// has gtrace programs, each caller is compared with them.
func reportCallers(pass *analysis.Pass, array int, self linux.ArrayProgram) {
	p := pass.Program
	m := p.Maps[array]
	casts := slices.ContainsFunc(m.Members, func(m prog.Member) bool { return m.Type == linux.ProgGtrace })
	if casts || prog.IsOptional(p.Section) {
		return
	}
	for _, other := range m.Callers {
		if other.Optional || p.Name == other.Name {
			continue
		}
		if why := p.Target.Release().CallerConflict(self, other.ArrayProgram, p.Target.Extensions); why != "" {
			pass.Report(analysis.Diagnostic{
				ID: callers, Insn: firstUse(p, array),
				Message: fmt.Sprintf("%s cannot use the array %s as well: %s", other.Name, m.Name, why),
				Hint:    hints[conflict],
			})
			return
		}
	}
}

// firstUse returns the first instruction that refers to a map.
func firstUse(p *prog.Program, index int) int {
	for i, ins := range p.Insns {
		if ins.IsWide() && ins.Src() == 1 && int(ins.Imm) == index {
			return i
		}
	}
	return -1
}
