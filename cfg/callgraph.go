package cfg

// CallSite is an instruction that calls a function of the program, or takes
// its address to pass it as a callback.
type CallSite struct {
	Insn           int32
	Caller, Callee int32 // functions
	Kind           EdgeKind
}

// CallGraph says which function calls which.
type CallGraph struct {
	Sites []CallSite // in the order of the program
	// Recursive has for each function whether it can call itself, directly or
	// through others.
	Recursive []bool
	// Depth has for each function the most frames that can be on the stack
	// below it, counted from a function that nobody calls; 0 for those.
	// Callbacks count as calls. It is -1 for recursive functions and for what
	// they call.
	Depth []int32
	// TopDown has all functions, callers before callees where there is no
	// recursion.
	TopDown []int32

	bySite csr // sites by caller
}

// CallsFrom returns the indices in Sites of the calls in a function.
func (c *CallGraph) CallsFrom(fn int32) []int32 { return c.bySite.at(fn) }

// Calls builds the call graph.
func (g *Graph) Calls() *CallGraph {
	c := &CallGraph{}
	starts := make([]int32, len(g.Funcs)+1)
	callees := csr{start: make([]int32, len(g.Funcs)+1)}
	for f, fn := range g.Funcs {
		for slot := fn.Start; slot < fn.End; slot += int32(g.Insns[slot].Size()) {
			kind, target, ok := g.crossing(slot)
			if !ok || target < 0 {
				continue
			}
			callee := g.FuncOf(target)
			c.bySite.items = append(c.bySite.items, int32(len(c.Sites)))
			c.Sites = append(c.Sites, CallSite{Insn: slot, Caller: int32(f), Callee: callee, Kind: kind})
			callees.items = append(callees.items, callee)
		}
		starts[f+1] = int32(len(c.Sites))
		callees.start[f+1] = starts[f+1]
	}
	c.bySite.start = starts
	c.rank(components(&callees))
	return c
}

// rank fills in recursion, depth and order from the components, which number
// callees before callers.
func (c *CallGraph) rank(comp []int32, count int32) {
	n := len(comp)
	c.Recursive = make([]bool, n)
	c.Depth = make([]int32, n)
	size := make([]int32, count)
	for _, k := range comp {
		size[k]++
	}
	for f := range n {
		c.Recursive[f] = size[comp[f]] > 1
	}
	for _, s := range c.Sites {
		if s.Caller == s.Callee {
			c.Recursive[s.Caller] = true
		}
	}
	c.TopDown = sortedBy(comp, count)
	for _, f := range c.TopDown {
		if c.Recursive[f] {
			c.Depth[f] = -1
		}
		for _, s := range c.CallsFrom(f) {
			callee := c.Sites[s].Callee
			if c.Depth[f] < 0 || c.Depth[callee] < 0 {
				c.Depth[callee] = -1
				continue
			}
			c.Depth[callee] = max(c.Depth[callee], c.Depth[f]+1)
		}
	}
}

// sortedBy returns the numbers of key's elements by falling key.
func sortedBy(key []int32, count int32) []int32 {
	place := make([]int32, count+1)
	for _, k := range key {
		place[count-1-k+1]++
	}
	for i := int32(1); i <= count; i++ {
		place[i] += place[i-1]
	}
	out := make([]int32, len(key))
	for i, k := range key {
		out[place[count-1-k]] = int32(i)
		place[count-1-k]++
	}
	return out
}

// components numbers the strongly connected components of a graph, each after
// those that it reaches: R. Tarjan, "Depth-First Search and Linear Graph
// Algorithms" (1972), in the form of D. Pearce, "A Space-Efficient Algorithm for
// Finding Strongly Connected Components" (2016).
func components(succ *csr) (comp []int32, count int32) {
	n := len(succ.start) - 1
	comp = make([]int32, n)
	low := make([]int32, n) // preorder from 1, then the least that is reached; 0 new
	pre := make([]int32, n)
	next := make([]int32, n)
	var walk, open []int32
	clock := int32(0)
	visit := func(v int32) {
		clock++
		pre[v], low[v] = clock, clock
		walk = append(walk, v)
	}
	const closed = int32(1<<31 - 1)
	for root := range n {
		if pre[root] == 0 {
			visit(int32(root))
		}
		for len(walk) > 0 {
			v := walk[len(walk)-1]
			if succs := succ.at(v); int(next[v]) < len(succs) {
				if w := succs[next[v]]; pre[w] == 0 {
					visit(w) // and look at this edge again
				} else {
					low[v] = min(low[v], low[w])
					next[v]++
				}
				continue
			}
			walk = walk[:len(walk)-1]
			open = append(open, v)
			if low[v] < pre[v] {
				continue
			}
			// v is the root of a component, which lies on top of open.
			at := len(open)
			for at > 0 && pre[open[at-1]] >= pre[v] {
				at--
				comp[open[at]], low[open[at]] = count, closed
			}
			open = open[:at]
			count++
		}
	}
	return comp, count
}
