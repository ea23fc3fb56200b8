package cfg

// Loop is a strongly connected region with its header: a natural loop, or an
// irreducible one when it can be entered elsewhere than at its header.
type Loop struct {
	Header      int32 // block
	Parent      int32 // the loop around this one, -1 for none
	Depth       int32 // 1 for outermost loops
	Irreducible bool

	first, end int32 // its blocks in LoopForest.blocks, those of inner loops included
}

// LoopForest has all loops of a program. Loops of the same header are one.
type LoopForest struct {
	Loops []Loop // outer ones before those inside
	// Innermost has for each block the smallest loop that holds it, -1 for
	// none; a header belongs to its own loop.
	Innermost []int32

	blocks []int32 // grouped so that every loop is a range, its header first
}

// Blocks returns the blocks of a loop and of those inside, its header first.
// The slice must not be changed.
func (f *LoopForest) Blocks(loop int32) []int32 {
	l := f.Loops[loop]
	return f.blocks[l.first:l.end:l.end]
}

// Outermost returns the largest loop that holds a block, -1 for none. These
// loops are the strongly connected components of the graph.
func (f *LoopForest) Outermost(block int32) int32 {
	loop := f.Innermost[block]
	for loop >= 0 && f.Loops[loop].Parent >= 0 {
		loop = f.Loops[loop].Parent
	}
	return loop
}

// Contains reports whether a block lies in a loop or in one inside it.
func (f *LoopForest) Contains(loop, block int32) bool {
	inner := f.Innermost[block]
	for inner >= 0 && f.Loops[inner].Depth > f.Loops[loop].Depth {
		inner = f.Loops[inner].Parent
	}
	return inner == loop
}

// Loops finds the loops of all functions with the algorithm of P. Havlak,
// "Nesting of Reducible and Irreducible Loops" (1997), in the nearly linear form
// of G. Ramalingam, "Identifying Loops in Almost Linear Time" (1999).
// Unreachable blocks are in no loop.
func (g *Graph) Loops() *LoopForest {
	n := len(g.Blocks)
	f := &loopFinder{Graph: g, vertex: make([]int32, n), block: make([]int32, 0, n), parent: make([]int32, 0, n)}
	for i := range f.vertex {
		f.vertex[i] = -1
	}
	f.back, f.cross, f.entry = newLists(n), newLists(n), newLists(n)
	f.search()
	f.nest()
	return f.forest()
}

// loopFinder works on vertices: blocks in the preorder of a depth-first search.
type loopFinder struct {
	*Graph
	vertex, block []int32 // vertex by block, block by vertex
	parent        []int32 // in the search's tree, -1 for entries of functions

	back  lists // by header: sources of back edges to it
	cross lists // by lowest common ancestor: other edges that leave the tree
	entry lists // by vertex: where such edges come from, once they may be used

	header      []int32 // by vertex: header of the innermost loop around it, -1
	selfLoop    []bool
	irreducible []bool
}

// search numbers the blocks and sorts all edges that are not in its tree.
func (f *loopFinder) search() {
	n := len(f.Blocks)
	next := make([]int32, n)
	done := make([]bool, n)
	above := newSets(n) // finished vertices joined to their parents
	var stack []int32
	push := func(block, parent int32) {
		v := int32(len(f.block))
		f.vertex[block] = v
		f.block = append(f.block, block)
		f.parent = append(f.parent, parent)
		stack = append(stack, v)
	}
	for _, fn := range f.Funcs {
		push(fn.FirstBlock, -1)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			succs := f.Succs(f.block[v])
			if int(next[v]) == len(succs) {
				done[v] = true
				stack = stack[:len(stack)-1]
				if f.parent[v] >= 0 {
					above.join(v, f.parent[v])
				}
				continue
			}
			s := succs[next[v]]
			next[v]++
			switch w := f.vertex[s]; {
			case w < 0:
				push(s, v)
			case !done[w]:
				f.back.add(w, v, w)
			default:
				// The lowest ancestor of w that is not finished
				// is an ancestor of v too.
				f.cross.add(above.find(w), v, w)
			}
		}
	}
}

// nest finds the loop of each header, inner ones first, and joins its body to
// the header. An edge into a tree that was left is used only from the lowest
// common ancestor of its ends on: above it, the edge enters every loop around
// its target that does not hold its source.
func (f *loopFinder) nest() {
	n := len(f.block)
	f.header = make([]int32, n)
	for i := range f.header {
		f.header[i] = -1
	}
	f.selfLoop = make([]bool, n)
	f.irreducible = make([]bool, n)
	loops := newSets(n)  // bodies joined to headers
	marked := newSets(n) // irreducible headers joined to the header around
	var work []int32
	for x := int32(n - 1); x >= 0; x-- {
		for e := f.cross.head[x]; e >= 0; e = f.cross.next[e] {
			from, to := f.cross.from[e], f.cross.to[e]
			f.entry.add(loops.find(to), loops.find(from), to)
			f.markIrreducible(to, marked)
		}
		work = f.findBody(x, loops, work[:0])
		for _, v := range work {
			loops.join(v, x)
		}
	}
}

func (f *loopFinder) markIrreducible(v int32, marked sets) {
	for h := f.header[v]; h >= 0; {
		u := marked.find(h)
		f.irreducible[u] = true
		if h = f.header[u]; h >= 0 {
			marked.join(u, h)
		}
	}
}

// findBody appends the vertices of x's loop other than x itself. Loops inside
// it stand as their headers.
func (f *loopFinder) findBody(x int32, loops sets, body []int32) []int32 {
	add := func(v int32) {
		if v = loops.find(v); v != x && f.header[v] < 0 {
			f.header[v] = x
			body = append(body, v)
		}
	}
	for e := f.back.head[x]; e >= 0; e = f.back.next[e] {
		if f.back.from[e] == x {
			f.selfLoop[x] = true
		}
		add(f.back.from[e])
	}
	for i := 0; i < len(body); i++ {
		v := body[i]
		add(f.parent[v])
		for e := f.entry.head[v]; e >= 0; e = f.entry.next[e] {
			add(f.entry.from[e])
		}
	}
	return body
}

// forest numbers the loops, outer ones first, and groups their blocks.
func (f *loopFinder) forest() *LoopForest {
	n := len(f.block)
	size := make([]int32, n) // blocks in the tree of headers below a vertex
	for v := n - 1; v >= 0; v-- {
		size[v]++
		if h := f.header[v]; h >= 0 {
			size[h] += size[v]
		}
	}
	out := &LoopForest{Innermost: make([]int32, len(f.Blocks)), blocks: make([]int32, n)}
	for i := range out.Innermost {
		out.Innermost[i] = -1
	}
	next := make([]int32, n) // place of the next block below a header
	top := int32(0)
	for v := range n {
		place, outer, b := &top, int32(-1), f.block[v]
		if h := f.header[v]; h >= 0 {
			place, outer = &next[h], out.Innermost[f.block[h]]
		}
		at := *place
		*place += size[v]
		next[v] = at + 1
		out.blocks[at] = b
		out.Innermost[b] = outer
		if size[v] == 1 && !f.selfLoop[v] {
			continue
		}
		depth := int32(1)
		if outer >= 0 {
			depth = out.Loops[outer].Depth + 1
		}
		out.Innermost[b] = int32(len(out.Loops))
		out.Loops = append(out.Loops, Loop{
			Header: b, Parent: outer, Depth: depth, Irreducible: f.irreducible[v], first: at, end: at + size[v],
		})
	}
	return out
}

// lists are linked lists of edges, one for each of a range of numbers.
type lists struct {
	head           []int32
	next, from, to []int32
}

func newLists(n int) lists {
	l := lists{head: make([]int32, n)}
	for i := range l.head {
		l.head[i] = -1
	}
	return l
}

func (l *lists) add(list, from, to int32) {
	l.next = append(l.next, l.head[list])
	l.from = append(l.from, from)
	l.to = append(l.to, to)
	l.head[list] = int32(len(l.next) - 1)
}

// sets are disjoint sets of numbers, each with a representative (union-find
// with path halving).
type sets []int32

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

func (s sets) find(v int32) int32 {
	for s[v] != v {
		s[v] = s[s[v]]
		v = s[v]
	}
	return v
}

// join adds the set of v to that of into, whose representative remains.
func (s sets) join(v, into int32) { s[s.find(v)] = s.find(into) }
