// Package returncode finds constant results that mean nothing to the hook.
package returncode

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/passes/graph"
)

const id = "lint/return-code"

// Analyzer finds constant results that mean nothing to the hook.
var Analyzer = &analysis.Analyzer{
	Name: "returncode",
	Doc: `find constant results that mean nothing to the hook

The verifier lets a program of these types return any number. One without a
meaning is dropped, or counted as an error, when the program runs.`,
	Requires: []*analysis.Analyzer{graph.Analyzer},
	Diagnostics: []analysis.Rule{{
		ID: id, Severity: analysis.Warning, Title: "the program returns a constant that has no meaning",
		Doc: `An XDP program returns one of XDP_ABORTED to XDP_REDIRECT (0 to 4): any other number drops
the packet and logs a warning. A classifier in direct-action mode returns TC_ACT_UNSPEC to
TC_ACT_TRAP (-1 to 8); any other number counts as TC_ACT_UNSPEC. A kprobe, uprobe or tracepoint returns 0 or 1; a result of 0 keeps
the event from perf.`,
	}},
	Run: run,
}

// meaning is a row: the results that a program type may return.
type meaning struct {
	low, high int32
	words     string
}

var meanings = map[ebpf.ProgramType]meaning{
	ebpf.XDP:        {0, 4, "XDP_ABORTED (0) to XDP_REDIRECT (4)"},
	ebpf.SchedCLS:   {-1, 8, "TC_ACT_UNSPEC (-1) to TC_ACT_TRAP (8)"},
	ebpf.SchedACT:   {-1, 8, "TC_ACT_UNSPEC (-1) to TC_ACT_TRAP (8)"},
	ebpf.Kprobe:     {0, 1, "0 or 1"},
	ebpf.TracePoint: {0, 1, "0 or 1"},
	ebpf.PerfEvent:  {0, 1, "0 or 1"},
}

func run(pass *analysis.Pass) (any, error) {
	m, ok := meanings[pass.Program.Type]
	if !ok {
		return nil, nil
	}
	g := pass.ResultOf[graph.Analyzer].(*cfg.Graph)
	for _, block := range g.FuncRPO(0) {
		b := g.Blocks[block]
		if g.Insns[b.Last].Op != cfg.OpEXIT {
			continue
		}
		for _, c := range constants(g, block) {
			if c.value < m.low || c.value > m.high {
				pass.Report(analysis.Diagnostic{
					ID: id, Insn: int(c.slot),
					Message: fmt.Sprintf("the result %d means nothing to this program type", c.value),
					Hint:    "return " + m.words,
				})
			}
		}
	}
	return nil, nil
}

// constant is an instruction that sets R0 to a constant.
type constant struct {
	slot  int32
	value int32
}

// constants finds the constants that R0 can have at the end of a block that
// exits, as far as they are set in the block or in those right before it.
// Compilers move the results of all paths in front of one exit.
func constants(g *cfg.Graph, block int32) []constant {
	c, known := setting(g, block)
	if known != none {
		return c.list(known)
	}
	var out []constant
	for _, pred := range g.Preds(block) {
		if g.Reachable(pred) {
			c, known := setting(g, pred)
			out = append(out, c.list(known)...)
		}
	}
	return out
}

// found says what a block does to R0 last.
type found uint8

const (
	none  found = iota // leaves it alone
	fixed              // sets it to a constant
	other              // sets it to something else
)

func (c constant) list(known found) []constant {
	if known == fixed {
		return []constant{c}
	}
	return nil
}

// setting looks for the last instruction of a block that writes R0.
func setting(g *cfg.Graph, block int32) (constant, found) {
	const r0 = 0
	result, known := constant{}, none
	b := g.Blocks[block]
	for slot := b.Start; slot < b.End; slot += int32(g.Insns[slot].Size()) {
		ins := g.Insns[slot]
		if _, def := cfg.UseDef(ins, 0); !def.Has(r0) && !loadsPacket(ins) {
			continue
		}
		result, known = constant{}, other
		if movesConstant(ins) {
			result, known = constant{slot, ins.Imm}, fixed
		}
	}
	return result, known
}

func movesConstant(ins cfg.Insn) bool {
	class := ins.Class()
	return (class == cfg.ClassALU || class == cfg.ClassALU64) && ins.Operation() == cfg.AluMOV && ins.Op&cfg.SrcX == 0
}

// loadsPacket reports whether the instruction is one of the old packet loads,
// which leave their result in R0.
func loadsPacket(ins cfg.Insn) bool { return ins.Class() == cfg.ClassLD && !ins.IsWide() }
