package precheck

import (
	"slices"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// Unsupported names what the checks cannot decide about a program yet, "" when
// they can decide all.
func Unsupported(p *prog.Program) string {
	if !p.Target.Kernel.Has(linux.IndirectJump) || !slices.ContainsFunc(p.Maps, isJumpTable) {
		return ""
	}
	for _, insn := range p.Insns {
		if insn.Op == cfg.OpJAX {
			return "indirect jumps through maps"
		}
	}
	return ""
}

func isJumpTable(m *prog.Map) bool { return m.Spec != nil && m.Spec.Type == instructionArray }

// checkFlow walks over the program depth first, as the kernel does: first to
// the next instruction, then where a jump or a call leads. The order decides
// which of several back edges is reported.
func (c *checker) checkFlow() *Reject {
	w := flowWalk{
		checker: c, state: make([]slotState, len(c.insns)),
		anyLoop:  c.caps.Has(linux.CapBPF) && c.has(linux.LoopsOfAnyEdge),
		jumpLoop: c.caps.Has(linux.CapBPF), skipHalf: c.has(linux.WideCheckedInFlow),
	}
	if r := w.walk(0); r != nil {
		return r
	}
	if cb := c.exceptionCallback(); cb >= 0 && w.state[cb] != explored {
		if r := w.walk(cb); r != nil {
			return r
		}
	}
	for i := 0; i < len(c.insns); i++ {
		if w.state[i] != explored {
			return reject(Unreachable, i, "EINVAL", "unreachable insn %d", i)
		}
		if c.insns[i].IsWide() && w.skipHalf {
			if w.state[i+1] != unseen {
				return reject(Middle, i, "EINVAL", "jump into the middle of ldimm64 insn %d", i).toward(i + 1)
			}
			i++
		}
	}
	return nil
}

// exceptionCallback returns where the function starts that handles exceptions,
// -1 for none.
func (c *checker) exceptionCallback() int32 { return -1 }

type slotState uint8

const (
	unseen slotState = iota
	open             // on the way from the entry
	explored
)

type flowWalk struct {
	*checker
	state    []slotState
	stack    []flowStep
	anyLoop  bool // any edge may go back
	jumpLoop bool // edges of jumps and function constants may
	skipHalf bool // a 16-byte instruction leads behind its second half
}

// flowStep is an instruction of which edges are left.
type flowStep struct {
	slot int32
	next uint8 // number of the edge to follow
}

func (w *flowWalk) walk(from int32) *Reject {
	w.state[from] = open
	w.stack = append(w.stack[:0], flowStep{slot: from})
	for len(w.stack) > 0 {
		top := &w.stack[len(w.stack)-1]
		target, mayLoop, ok := w.edge(top.slot, top.next)
		if !ok {
			w.state[top.slot] = explored
			w.stack = w.stack[:len(w.stack)-1]
			continue
		}
		from := top.slot
		if w.insns[from].Op == cfg.OpJAX {
			return reject(Jump, int(from), "EINVAL", "no jump tables found for subprog starting at %d", w.starts[w.funcAt(from)])
		}
		top.next++
		if target < 0 || int(target) >= len(w.insns) {
			return reject(Jump, int(from), "EINVAL", "jump out of range from insn %d to %d", from, target).toward(int(target))
		}
		switch w.state[target] {
		case unseen:
			w.state[target] = open
			w.stack = append(w.stack, flowStep{slot: target})
		case open:
			if !w.anyLoop && !(w.jumpLoop && mayLoop) {
				return reject(BackEdge, int(from), "EINVAL", "back-edge from insn %d to %d", from, target).toward(int(target))
			}
		}
	}
	return nil
}

// edge returns an instruction's n-th edge and whether kernels that restrict
// loops let it go back.
func (w *flowWalk) edge(slot int32, n uint8) (target int32, mayLoop, ok bool) {
	insn := w.insns[slot]
	next := slot + 1
	if insn.IsWide() && w.skipHalf {
		next++
	}
	calls := insn.IsLocalCall() || insn.IsFuncRef() && w.has(linux.FuncConstants)
	switch {
	case insn.Op == cfg.OpEXIT:
		return 0, false, false
	case calls && n == 1:
		return slot + 1 + insn.Imm, insn.IsFuncRef(), true
	case calls || !insn.IsJump() || insn.Operation() == cfg.JmpCALL:
		return next, false, n == 0
	}
	taken, _ := w.jumpTarget(insn, slot)
	if insn.Operation() == cfg.JmpJA {
		return taken, true, n == 0
	}
	if n == 0 {
		return next, true, true
	}
	return taken, true, n == 1
}
