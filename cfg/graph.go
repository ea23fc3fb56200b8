package cfg

import "iter"

// Graph is the control-flow graph of a program with all its functions.
//
// Slots, blocks and functions are numbered from 0 in the order of the program.
// Blocks lie side by side without gaps, and so do functions; a block belongs to
// one function. A graph does not change once it is built and may be used by
// many goroutines.
type Graph struct {
	Insns  []Insn
	Funcs  []Func
	Blocks []Block

	// BlockOf has the block of each slot.
	BlockOf []int32
	// RPO has the reachable blocks of every function, function by function,
	// each in reverse post-order: a block stands before its successors but
	// for back edges.
	RPO []int32

	succ, pred csr     // flow between blocks
	order      []int32 // position in RPO by block; -1 when its function does not reach it
	opts       Options
}

// Func is one function (subprogram).
type Func struct {
	Start, End           int32 // slots, End excluded
	FirstBlock, EndBlock int32 // blocks, EndBlock excluded; the first is the entry
	firstRPO, endRPO     int32
}

// Block is a run of instructions that is entered at its start only and left at
// its end only, but for calls, which return, and for abnormal exits.
type Block struct {
	Start, End int32 // slots, End excluded
	Last       int32 // slot of the last instruction
	Func       int32
}

// EdgeKind says how control passes along an edge.
type EdgeKind uint8

// Kinds of edges. The first two connect blocks of one function, the next two
// lead to another function, and the others leave the program or the function.
const (
	Fallthrough EdgeKind = iota // to the next instruction
	Taken                       // a jump
	Call                        // to a function of the program
	Callback                    // to a function whose address is taken here
	TailCall                    // to another program, when the call succeeds
	Exit                        // back to the caller, or out of the program
	Abort                       // out of the function when a packet load fails
	Exception                   // out of the program by bpf_throw
	numEdgeKinds
)

var edgeKindNames = [numEdgeKinds]string{
	"fallthrough", "taken", "call", "callback", "tail call", "exit", "abort", "exception",
}

// String returns the kind's name.
func (k EdgeKind) String() string { return edgeKindNames[k] }

// Edge is one way that control can pass.
type Edge struct {
	Insn int32 // slot where it starts
	From int32 // block of Insn
	To   int32 // block; -1 when it leaves the program or returns
	Kind EdgeKind
}

// Succs returns the blocks to which control flows from a block within its
// function, in the order of the program; a jump to the next instruction counts
// once. The slice must not be changed.
func (g *Graph) Succs(block int32) []int32 { return g.succ.at(block) }

// Preds returns the blocks of the same function from which control flows to a
// block. The slice must not be changed.
func (g *Graph) Preds(block int32) []int32 { return g.pred.at(block) }

// Reachable reports whether a block can be reached from its function's entry.
func (g *Graph) Reachable(block int32) bool { return g.order[block] >= 0 }

// FuncOf returns the function of a slot.
func (g *Graph) FuncOf(slot int32) int32 { return g.Blocks[g.BlockOf[slot]].Func }

// FuncRPO returns the reachable blocks of a function in reverse post-order.
func (g *Graph) FuncRPO(f int32) []int32 { return g.RPO[g.Funcs[f].firstRPO:g.Funcs[f].endRPO] }

// FuncAt returns the function that starts at a slot, -1 when none does.
func (g *Graph) FuncAt(start int32) int32 {
	if start < 0 || int(start) >= len(g.Insns) {
		return -1
	}
	if f := g.FuncOf(start); g.Funcs[f].Start == start {
		return f
	}
	return -1
}

// AppendSuccs appends the slots to which control flows from the instruction at
// a slot within its function; calls are taken to return.
func (g *Graph) AppendSuccs(dst []int32, slot int32) []int32 {
	f := flowOf(g.Insns, slot)
	if f.fall >= 0 {
		dst = append(dst, f.fall)
	}
	if f.taken >= 0 && f.taken != f.fall {
		dst = append(dst, f.taken)
	}
	if f.table {
		dst = append(dst, g.opts.jumpTable(slot)...)
	}
	return dst
}

// Edges returns all edges, in the order of the slots where they start.
func (g *Graph) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for b := range g.Blocks {
			if !g.blockEdges(int32(b), yield) {
				return
			}
		}
	}
}

func (g *Graph) blockEdges(b int32, yield func(Edge) bool) bool {
	block := g.Blocks[b]
	for slot := block.Start; slot < block.End; slot += int32(g.Insns[slot].Size()) {
		kind, target, ok := g.crossing(slot)
		if !ok {
			continue
		}
		to := int32(-1)
		if target >= 0 {
			to = g.BlockOf[target]
		}
		if !yield(Edge{Insn: slot, From: b, To: to, Kind: kind}) {
			return false
		}
	}
	return g.flowEdges(b, yield)
}

// flowEdges yields the edges from the end of a block to blocks of its function.
func (g *Graph) flowEdges(b int32, yield func(Edge) bool) bool {
	last := g.Blocks[b].Last
	f := flowOf(g.Insns, last)
	if f.fall >= 0 && !yield(Edge{last, b, g.BlockOf[f.fall], Fallthrough}) {
		return false
	}
	if f.taken >= 0 && !yield(Edge{last, b, g.BlockOf[f.taken], Taken}) {
		return false
	}
	if f.table {
		for _, target := range g.opts.jumpTable(last) {
			if !yield(Edge{last, b, g.BlockOf[target], Taken}) {
				return false
			}
		}
	}
	return true
}

// helperTailCall is the number of bpf_tail_call.
const helperTailCall = 12

// crossing returns the edge from an instruction out of its function, if it has
// one; the target is -1 when it leads to no instruction of the program.
func (g *Graph) crossing(slot int32) (kind EdgeKind, target int32, ok bool) {
	insn := g.Insns[slot]
	switch {
	case insn.Op == OpEXIT:
		return Exit, -1, true
	case insn.IsLocalCall():
		return Call, slot + 1 + insn.Imm, true
	case insn.IsFuncRef():
		return Callback, slot + 1 + insn.Imm, true
	case insn.IsHelperCall() && insn.Imm == helperTailCall:
		return TailCall, -1, true
	case insn.Class() == ClassLD && (insn.Mode() == ModeABS || insn.Mode() == ModeIND):
		return Abort, -1, true
	case insn.IsKfuncCall() && g.opts.Throws != nil && g.opts.Throws(insn):
		return Exception, -1, true
	}
	return 0, 0, false
}

// csr holds lists of numbers, one after the other (compressed sparse rows).
type csr struct {
	start []int32 // of each list, and the end of the last one
	items []int32
}

func (c *csr) at(i int32) []int32 { return c.items[c.start[i]:c.start[i+1]:c.start[i+1]] }
