package cfg

import (
	"fmt"
	"slices"
)

// Check verifies the graph's own invariants and returns the first that does
// not hold. It is for tests; a graph made by Build satisfies all of them.
func (g *Graph) Check() error {
	for _, check := range []func() error{g.checkFuncs, g.checkBlocks, g.checkFlow, g.checkOrder, g.checkDominators, g.checkLoops, g.checkCalls} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (g *Graph) checkFuncs() error {
	at, block := int32(0), int32(0)
	for i, f := range g.Funcs {
		if f.Start != at || f.End <= f.Start || f.FirstBlock != block || f.EndBlock <= f.FirstBlock {
			return fmt.Errorf("function %d: [%d,%d) and blocks [%d,%d) do not follow %d and %d", i, f.Start, f.End, f.FirstBlock, f.EndBlock, at, block)
		}
		at, block = f.End, f.EndBlock
	}
	if int(at) != len(g.Insns) || int(block) != len(g.Blocks) {
		return fmt.Errorf("functions end at slot %d and block %d of %d and %d", at, block, len(g.Insns), len(g.Blocks))
	}
	return nil
}

func (g *Graph) checkBlocks() error {
	at := int32(0)
	for i, b := range g.Blocks {
		f := g.Funcs[b.Func]
		if b.Start != at || b.End <= b.Start || b.Start < f.Start || b.End > f.End {
			return fmt.Errorf("block %d: [%d,%d) of function %d does not follow %d", i, b.Start, b.End, b.Func, at)
		}
		at = b.End
		for slot := b.Start; slot < b.End; slot += int32(g.Insns[slot].Size()) {
			if flow := flowOf(g.Insns, slot); slot != b.Last && (flow.fall < 0 || flow.taken >= 0) {
				return fmt.Errorf("block %d: insn %d jumps but is not the last", i, slot)
			}
			if slot == b.Last && slot+int32(g.Insns[slot].Size()) != b.End {
				return fmt.Errorf("block %d: last insn %d does not end at %d", i, slot, b.End)
			}
		}
		for slot := b.Start; slot < b.End; slot++ {
			if g.BlockOf[slot] != int32(i) {
				return fmt.Errorf("slot %d: in block %d, but BlockOf says %d", slot, i, g.BlockOf[slot])
			}
		}
	}
	if int(at) != len(g.Insns) {
		return fmt.Errorf("blocks end at slot %d of %d", at, len(g.Insns))
	}
	return nil
}

// checkFlow compares successors and predecessors with the edges.
func (g *Graph) checkFlow() error {
	preds := 0
	for i := range g.Blocks {
		b := int32(i)
		if !slices.IsSorted(g.Succs(b)) || !slices.IsSorted(g.Preds(b)) {
			return fmt.Errorf("block %d: successors %v or predecessors %v are not sorted", b, g.Succs(b), g.Preds(b))
		}
		for _, s := range g.Succs(b) {
			if g.Blocks[s].Func != g.Blocks[b].Func || !contains(g.Preds(s), b) {
				return fmt.Errorf("edge %d to %d: of two functions, or not among predecessors", b, s)
			}
		}
		preds += len(g.Preds(b))
	}
	if preds != len(g.succ.items) {
		return fmt.Errorf("%d predecessors but %d successors", preds, len(g.succ.items))
	}
	flows := make(map[[2]int32]bool)
	last := int32(0)
	for e := range g.Edges() {
		if e.Insn < last || g.BlockOf[e.Insn] != e.From {
			return fmt.Errorf("edge from insn %d: out of order, or not in block %d", e.Insn, e.From)
		}
		last = e.Insn
		switch e.Kind {
		case Fallthrough, Taken:
			if !contains(g.Succs(e.From), e.To) {
				return fmt.Errorf("edge %d to %d is not among successors", e.From, e.To)
			}
			flows[[2]int32{e.From, e.To}] = true
		case Call, Callback:
			if g.FuncAt(g.Blocks[e.To].Start) < 0 {
				return fmt.Errorf("insn %d: call of block %d, which starts no function", e.Insn, e.To)
			}
		default:
			if e.To != -1 {
				return fmt.Errorf("insn %d: %s leads to block %d", e.Insn, e.Kind, e.To)
			}
		}
	}
	if len(flows) != len(g.succ.items) {
		return fmt.Errorf("%d edges but %d successors", len(flows), len(g.succ.items))
	}
	return nil
}

func (g *Graph) checkOrder() error {
	for i, b := range g.RPO {
		if g.order[b] != int32(i) {
			return fmt.Errorf("block %d: at %d of the order, but says %d", b, i, g.order[b])
		}
	}
	for f, fn := range g.Funcs {
		order := g.FuncRPO(int32(f))
		if len(order) == 0 || order[0] != fn.FirstBlock {
			return fmt.Errorf("function %d: the order does not begin at its entry", f)
		}
		for _, b := range order {
			if g.Blocks[b].Func != int32(f) {
				return fmt.Errorf("function %d: block %d of function %d in its order", f, b, g.Blocks[b].Func)
			}
			if b != fn.FirstBlock && !slices.ContainsFunc(g.Preds(b), g.Reachable) {
				return fmt.Errorf("block %d: reachable, but no predecessor is", b)
			}
			for _, s := range g.Succs(b) {
				if !g.Reachable(s) {
					return fmt.Errorf("block %d: not reachable, but its predecessor %d is", s, b)
				}
			}
		}
	}
	return nil
}

// checkDominators verifies that the tree is a fixed point: no edge enters a
// block's subtree other than at a block that its immediate dominator reaches.
func (g *Graph) checkDominators() error {
	dom, post := g.Dominators(), g.PostDominators()
	for i := range g.Blocks {
		b := int32(i)
		if g.Reachable(b) != dom.Dominates(b, b) {
			return fmt.Errorf("block %d: reachable and dominated disagree", b)
		}
		for _, s := range g.Succs(b) {
			if up := dom.Idom[s]; g.Reachable(b) && up >= 0 && !dom.Dominates(up, b) {
				return fmt.Errorf("edge %d to %d: avoids the dominator %d", b, s, up)
			}
			if up := post.Idom[b]; up >= 0 && post.Dominates(s, s) && !post.Dominates(up, s) {
				return fmt.Errorf("edge %d to %d: avoids the post-dominator %d", b, s, up)
			}
		}
	}
	return nil
}

// checkLoops verifies that without the edges to loop headers from inside their
// loops no cycle is left, that loops are entered at their header only unless
// they are irreducible, and that their blocks nest.
func (g *Graph) checkLoops() error {
	loops, dom := g.Loops(), g.Dominators()
	for i, l := range loops.Loops {
		if l.Parent >= int32(i) || loops.Blocks(int32(i))[0] != l.Header || loops.Innermost[l.Header] != int32(i) {
			return fmt.Errorf("loop %d: parent %d, header %d of loop %d", i, l.Parent, l.Header, loops.Innermost[l.Header])
		}
		for _, b := range loops.Blocks(int32(i)) {
			if !loops.Contains(int32(i), b) {
				return fmt.Errorf("loop %d: has block %d, which says it is in %d", i, b, loops.Innermost[b])
			}
			if !l.Irreducible && !dom.Dominates(l.Header, b) {
				return fmt.Errorf("loop %d: header %d does not dominate %d", i, l.Header, b)
			}
			for _, p := range g.Preds(b) {
				if b != l.Header && g.Reachable(p) && !l.Irreducible && !loops.Contains(int32(i), p) {
					return fmt.Errorf("loop %d: entered at %d from %d", i, b, p)
				}
			}
		}
	}
	for _, b := range g.RPO {
		for _, s := range g.Succs(b) {
			if g.order[s] > g.order[b] {
				continue
			}
			if l := loops.Innermost[s]; l < 0 || loops.Loops[l].Header != s || !loops.Contains(l, b) {
				return fmt.Errorf("edge %d to %d goes back, but not within a loop of that header", b, s)
			}
		}
	}
	return nil
}

func (g *Graph) checkCalls() error {
	c := g.Calls()
	seen := make([]bool, len(g.Funcs))
	for _, f := range c.TopDown {
		if seen[f] {
			return fmt.Errorf("function %d: twice in the order", f)
		}
		seen[f] = true
		for _, s := range c.CallsFrom(f) {
			site := c.Sites[s]
			if site.Caller != f || g.FuncOf(site.Insn) != f {
				return fmt.Errorf("call at %d: not of function %d", site.Insn, f)
			}
			if seen[site.Callee] && !c.Recursive[site.Callee] {
				return fmt.Errorf("call at %d: its callee %d stands before", site.Insn, site.Callee)
			}
			if d := c.Depth[site.Callee]; d >= 0 && (c.Depth[f] < 0 || d <= c.Depth[f]) {
				return fmt.Errorf("call at %d: depth %d below %d", site.Insn, d, c.Depth[f])
			}
		}
	}
	if len(c.TopDown) != len(g.Funcs) {
		return fmt.Errorf("%d of %d functions in the order", len(c.TopDown), len(g.Funcs))
	}
	return nil
}

func contains(sorted []int32, v int32) bool {
	_, ok := slices.BinarySearch(sorted, v)
	return ok
}
