// Package portability tells the oldest kernel that a program can run on.
package portability

import (
	"fmt"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/graph"
	"github.com/bpflint/bpflint/prog"
)

const id = "lint/needs-kernel"

// Analyzer tells the oldest kernel that a program can run on.
var Analyzer = &analysis.Analyzer{
	Name: "portability",
	Doc: `tell the oldest kernel that has all that the program uses

The program's type, its maps, helpers and instructions each came with a kernel.
The youngest of them is reported when the oldest target does not have it. That a
kernel has everything does not mean that its verifier accepts the program: judge
for it with --kernel.`,
	URL:      "https://docs.ebpf.io/linux/",
	Requires: []*analysis.Analyzer{graph.Analyzer},
	Diagnostics: []analysis.Rule{{
		ID: id, Severity: analysis.Info, Title: "the program needs a newer kernel than the oldest target",
		Doc: `Helpers that may be missing can be guarded, so that the verifier of an older kernel does not reach them:

    if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ringbuf_output))
        bpf_ringbuf_output(...);

Instructions can be avoided with -mcpu=v3 or -mcpu=v2.`,
	}},
	Run: run,
}

// need is something that came with a kernel.
type need struct {
	since linux.Version
	what  string
	insn  int // -1 for the whole program
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	g := pass.ResultOf[graph.Analyzer].(*cfg.Graph)
	most := need{since: linux.Targets()[0]}
	for _, n := range needs(p, g) {
		if most.since.Less(n.since) {
			most = n
		}
	}
	if most.what != "" {
		pass.Report(analysis.Diagnostic{
			ID: id, Insn: most.insn,
			Message: fmt.Sprintf("needs Linux %s or later for %s", most.since, most.what),
		})
	}
	return nil, nil
}

// needs lists what the program uses, in the order of the program.
func needs(p *prog.Program, g *cfg.Graph) []need {
	var list []need
	add := func(since linux.Version, what string, insn int) {
		list = append(list, need{since, what, insn})
	}
	if since, ok := linux.ProgramTypeSince(uint32(p.Type)); ok {
		add(since, fmt.Sprintf("the program type %s", p.Type), -1)
	}
	for _, m := range p.Maps {
		if since, ok := linux.MapTypeSince(uint32(m.Spec.Type)); ok {
			add(since, fmt.Sprintf("the type %s of map %s", m.Spec.Type, m.Name), -1)
		}
	}
	names := linux.For(linux.Targets()[len(linux.Targets())-1])
	for i := 0; i < len(p.Insns); i += p.Insns[i].Size() {
		ins := p.Insns[i]
		if !g.Reachable(g.BlockOf[i]) {
			continue
		}
		if since, ok := linux.HelperSince(uint32(ins.Imm)); ok && ins.IsHelperCall() {
			add(since, names.HelperName(uint32(ins.Imm)), i)
		}
		for _, row := range encodings {
			if row.match(ins) {
				add(row.feature.Since(), row.feature.String(), i)
			}
		}
	}
	return list
}

// encoding is a row: instructions that came with a feature.
type encoding struct {
	feature linux.Feature
	match   func(cfg.Insn) bool
}

var encodings = []encoding{
	{linux.AtomicFetch, func(i cfg.Insn) bool { return isAtomic(i) && i.Imm != cfg.AtomicADD && !isOrdered(i) }},
	{linux.LoadAcquire, func(i cfg.Insn) bool { return isAtomic(i) && isOrdered(i) }},
	{linux.ISAv4, isV4},
	{linux.MayGoto, func(i cfg.Insn) bool { return i.Op == cfg.OpMayGoto }},
}

func isAtomic(i cfg.Insn) bool { return i.Class() == cfg.ClassSTX && i.Mode() == cfg.ModeATOMIC }

func isOrdered(i cfg.Insn) bool { return i.Imm == cfg.AtomicLoadACQ || i.Imm == cfg.AtomicStoreREL }

// isV4 tells the instructions of cpu v4 (RFC 9669, conformance groups of base64
// that LLVM makes with -mcpu=v4).
func isV4(i cfg.Insn) bool {
	switch i.Class() {
	case cfg.ClassLDX:
		return i.Mode() == cfg.ModeMEMSX
	case cfg.ClassJMP32:
		return i.Op == cfg.OpJA32
	case cfg.ClassALU, cfg.ClassALU64:
		op := i.Operation()
		swap := i.Class() == cfg.ClassALU64 && op == cfg.AluEND
		signed := (op == cfg.AluDIV || op == cfg.AluMOD) && i.Off == 1
		extend := op == cfg.AluMOV && i.Op&cfg.SrcX != 0 && (i.Off == 8 || i.Off == 16 || i.Off == 32)
		return swap || signed || extend
	}
	return false
}
