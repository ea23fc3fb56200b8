package cfg

// DomTree says for every block which blocks lie on all ways to it from its
// function's entry (dominators), or on all ways from it to a return
// (post-dominators).
type DomTree struct {
	// Idom has the nearest such block other than the block itself; -1 for
	// roots, for blocks whose ways share no block, and for those without any
	// way.
	Idom []int32

	in   []int32 // number of a block in the tree, parents first; -1 without any way
	size []int32 // of the subtree
}

// Dominates reports whether a lies on all ways to b (or from b, in a tree of
// post-dominators). Every block with a way dominates itself.
func (t *DomTree) Dominates(a, b int32) bool {
	return t.in[a] >= 0 && t.in[b] >= t.in[a] && t.in[b] < t.in[a]+t.size[a]
}

// Dominators computes the tree of dominators of all functions. It runs in
// O(m log n).
func (g *Graph) Dominators() *DomTree {
	roots := make([]int32, len(g.Funcs))
	for i, f := range g.Funcs {
		roots[i] = f.FirstBlock
	}
	return newDomTree(roots, &g.succ, &g.pred)
}

// PostDominators computes the tree of post-dominators of all functions. Only
// exits end a way: failing packet loads, tail calls and exceptions are taken
// to go on. Blocks from which no exit can be reached have no way.
func (g *Graph) PostDominators() *DomTree {
	var roots []int32
	for i, b := range g.Blocks {
		if g.Insns[b.Last].Op == OpEXIT {
			roots = append(roots, int32(i))
		}
	}
	return newDomTree(roots, &g.pred, &g.succ)
}

// semiNCA computes dominators with the algorithm of that name: L. Georgiadis,
// R. Tarjan, R. Werneck, "Finding Dominators in Practice" (2006). Unlike the
// iteration of Cooper, Harvey and Kennedy it stays fast on the long ladders of
// error checks that hand-written and generated programs consist of.
//
// Vertices are numbered in the preorder of a depth-first search; vertex 0 is a
// root above all roots.
type semiNCA struct {
	succ, pred *csr

	block  []int32 // by vertex
	vertex []int32 // by block, 0 when not reached
	parent []int32 // in the search's tree; compressed while semi is computed
	semi   []int32
	label  []int32 // the vertex of least semi on the compressed way
	idom   []int32
	path   []int32
}

func newDomTree(roots []int32, succ, pred *csr) *DomTree {
	n := len(succ.start) - 1
	s := &semiNCA{
		succ: succ, pred: pred,
		block: make([]int32, 1, n+1), vertex: make([]int32, n), parent: make([]int32, 1, n+1),
	}
	s.number(roots)
	s.idom = append([]int32(nil), s.parent...)
	s.computeSemi(roots)
	for v := 1; v < len(s.idom); v++ {
		for s.idom[v] > s.semi[v] {
			s.idom[v] = s.idom[s.idom[v]]
		}
	}
	return s.tree(n)
}

// number runs the depth-first search.
func (s *semiNCA) number(roots []int32) {
	type entry struct{ block, parent int32 }
	stack := make([]entry, 0, len(s.vertex))
	for i := len(roots) - 1; i >= 0; i-- {
		stack = append(stack, entry{roots[i], 0})
	}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if s.vertex[top.block] != 0 {
			continue
		}
		v := int32(len(s.block))
		s.vertex[top.block] = v
		s.block = append(s.block, top.block)
		s.parent = append(s.parent, top.parent)
		succs := s.succ.at(top.block)
		for i := len(succs) - 1; i >= 0; i-- {
			if s.vertex[succs[i]] == 0 {
				stack = append(stack, entry{succs[i], v})
			}
		}
	}
}

func (s *semiNCA) computeSemi(roots []int32) {
	n := int32(len(s.block))
	s.semi = make([]int32, n)
	s.label = make([]int32, n)
	isRoot := make([]bool, n)
	for _, r := range roots {
		isRoot[s.vertex[r]] = true
	}
	for v := range n {
		s.label[v] = v
		s.semi[v] = s.parent[v]
	}
	for v := n - 1; v > 0; v-- {
		semi := s.parent[v]
		if isRoot[v] {
			semi = 0
		}
		for _, p := range s.pred.at(s.block[v]) {
			u := s.vertex[p]
			if u == 0 {
				continue // not reached
			}
			semi = min(semi, s.eval(u, v))
		}
		s.semi[v] = semi
	}
}

// eval returns the least semidominator on the way from the vertices above v
// that were done, that is, numbered above limit, down to u; u itself when it is
// not among them.
func (s *semiNCA) eval(u, limit int32) int32 {
	if u <= limit {
		return u
	}
	s.path = s.path[:0]
	for w := u; s.parent[w] > limit; w = s.parent[w] {
		s.path = append(s.path, w)
	}
	for i := len(s.path) - 1; i >= 0; i-- {
		w := s.path[i]
		up := s.parent[w]
		if s.semi[s.label[up]] < s.semi[s.label[w]] {
			s.label[w] = s.label[up]
		}
		s.parent[w] = s.parent[up]
	}
	return s.semi[s.label[u]]
}

// tree turns vertices into blocks and numbers the tree so that every subtree is
// an interval.
func (s *semiNCA) tree(blocks int) *DomTree {
	t := &DomTree{Idom: make([]int32, blocks), in: make([]int32, blocks), size: make([]int32, blocks)}
	for i := range t.Idom {
		t.Idom[i], t.in[i] = -1, -1
	}
	n := int32(len(s.block))
	size := make([]int32, n)
	for v := n - 1; v > 0; v-- {
		size[v]++
		size[s.idom[v]] += size[v]
	}
	next := make([]int32, n) // number for the next child
	for v := int32(1); v < n; v++ {
		b, up := s.block[v], s.idom[v]
		t.in[b], t.size[b] = next[up], size[v]
		next[up] += size[v]
		next[v] = t.in[b] + 1
		if up > 0 {
			t.Idom[b] = s.block[up]
		}
	}
	return t
}
