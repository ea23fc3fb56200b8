package absint

// Kernels without rules.loopVisits keep for each remembered state the entry of
// the loop that it was seen to be part of: a state in which a path of the loop
// ended. While paths behind the outermost such entry are open, a state of the
// loop is compared as if every scalar mattered; after that by what its own paths
// insisted on by then, although nothing was carried over the back edges.

// outermost returns the entry of the outermost loop that c is known to be part
// of, nil for none, and makes all on the way there know it.
func (c *checkpoint) outermost() *checkpoint {
	top := c.loop
	for top != nil && top.loop != nil && top.loop != top {
		top = top.loop
	}
	for c != nil && c.loop != top {
		next := c.loop
		c.loop = top
		c = next
	}
	return top
}

// joinLoop notes that c is part of the loop that entry is part of, unless that
// one is finished or lies inside a loop of c.
func (c *checkpoint) joinLoop(entry *checkpoint) {
	own, other := c.outermost(), entry.outermost()
	if own == nil {
		own = c
	}
	if other == nil {
		other = entry
	}
	if other.open > 0 && other.level <= own.level {
		c.loop, entry.heads = entry, true
	}
}

// inOpenLoop reports whether c is part of a loop whose entry has open paths.
func (c *checkpoint) inOpenLoop() bool {
	top := c.outermost()
	return top != nil && top.open > 0
}

// closeTurn notes that the present path ends at c, a state of its own loop.
func (m *machine) closeTurn(c *checkpoint) {
	if c.open == 0 {
		c = c.outermost()
	}
	if parent := m.cur.parent; parent != nil {
		parent.joinLoop(c)
	}
}
