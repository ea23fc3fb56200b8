package absint

import "github.com/bpflint/bpflint/cfg"

// queue notes that a block is to be looked at again.
func (u *usage) queue(block int32) {
	if !u.queued[block] {
		u.queued[block] = true
		u.dirty = append(u.dirty, block)
	}
}

// solve passes on all changes within a function.
func (c *chains) solve(u *usage, fn int32) {
	f := &c.graph.Funcs[fn]
	if u.dropped && u.must != nil {
		for b := range u.must {
			u.must[b] = slotSet{}
			u.queue(int32(b))
		}
	}
	u.dropped = false
	for len(u.dirty) > 0 {
		b := u.dirty[len(u.dirty)-1]
		u.dirty = u.dirty[:len(u.dirty)-1]
		u.queued[b] = false
		if !c.solveBlock(u, f, b) {
			continue
		}
		for _, p := range c.graph.Preds(b + f.FirstBlock) {
			u.queue(p - f.FirstBlock)
		}
	}
}

// solveBlock reports whether something changed at the start of a block.
func (c *chains) solveBlock(u *usage, f *cfg.Func, b int32) bool {
	in := c.before(u, f, c.graph.Blocks[b+f.FirstBlock].Start)
	changed := in != u.in[b]
	u.in[b] = in
	if u.must != nil {
		must := c.overwritten(u, f, b+f.FirstBlock)
		changed = changed || must != u.must[b]
		u.must[b] = must
	}
	return changed
}

// before returns what is live before an instruction, given what is live at the
// starts of blocks.
func (c *chains) before(u *usage, f *cfg.Func, insn int32) slotSet {
	block := c.graph.BlockOf[insn]
	var live slotSet
	for _, s := range c.graph.Succs(block) {
		live = live.or(u.in[s-f.FirstBlock])
	}
	for i := c.graph.Blocks[block].End - 1; i >= insn; i-- {
		live = live.without(u.writes[i-f.Start]).or(u.reads[i-f.Start])
	}
	return live
}

// overwritten returns what is overwritten on all ways from the start of a block.
func (c *chains) overwritten(u *usage, f *cfg.Func, block int32) slotSet {
	var must slotSet
	for i, s := range c.graph.Succs(block) {
		if i == 0 {
			must = u.must[s-f.FirstBlock]
		} else {
			must = must.and(u.must[s-f.FirstBlock])
		}
	}
	for i := c.graph.Blocks[block].Start; i < c.graph.Blocks[block].End; i++ {
		must = must.or(u.writes[i-f.Start])
	}
	return must
}
