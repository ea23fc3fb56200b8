package absint

import "github.com/bpflint/bpflint/cfg"

// chains are all activations of a program.
type chains struct {
	graph *cfg.Graph
	all   []activation

	// through says that a call overwrites what the called function does, and
	// reads what that reads before it overwrites it. If not, a call reads all
	// that is read behind it and overwrites nothing.
	through bool
	changed []int32 // activations that have something to pass on to their callers
}

func newChains(g *cfg.Graph, through bool) chains {
	return chains{graph: g, all: []activation{{parent: -1, callsite: -1}}, through: through}
}

// root returns the activation of a function that is verified alone.
func (c *chains) root(fn int32) int32 {
	for i := range c.all {
		if a := &c.all[i]; a.parent < 0 && a.fn == fn {
			return int32(i)
		}
	}
	c.all = append(c.all, activation{fn: fn, parent: -1, callsite: -1})
	return int32(len(c.all) - 1)
}

// call returns the activation of fn that a call in the activation at makes.
func (c *chains) call(at, callsite, fn int32) int32 {
	for i := range c.all {
		if a := &c.all[i]; a.parent == at && a.callsite == callsite && a.fn == fn {
			return int32(i)
		}
	}
	c.all = append(c.all, activation{fn: fn, depth: c.all[at].depth + 1, parent: at, callsite: callsite})
	return int32(len(c.all) - 1)
}

func (c *chains) usage(act, frame int32) *usage {
	a := &c.all[act]
	if a.frames[frame] == nil {
		f := &c.graph.Funcs[a.fn]
		slots, blocks := f.End-f.Start, f.EndBlock-f.FirstBlock
		u := &usage{
			reads: make([]slotSet, slots), writes: make([]slotSet, slots),
			in: make([]slotSet, blocks), queued: make([]bool, blocks),
		}
		if frame < a.depth {
			u.must = make([]slotSet, blocks)
		}
		a.frames[frame] = u
	}
	return a.frames[frame]
}

// read notes that the instruction at a slot of the program reads stack slots
// of a frame.
func (c *chains) read(act, insn, frame int32, mask slotSet) {
	for {
		a := &c.all[act]
		u := c.usage(act, frame)
		if at := insn - c.graph.Funcs[a.fn].Start; u.reads[at].and(mask) != mask {
			u.reads[at] = u.reads[at].or(mask)
			c.touch(u, act, frame, insn)
		}
		if a.depth <= frame || c.through {
			return
		}
		act, insn = a.parent, a.callsite
	}
}

// wrote notes what an executed store overwrites whole. It counts as far as every
// execution does it.
func (c *chains) wrote(act, insn, frame int32, mask slotSet) {
	a := &c.all[act]
	again := c.executed(a, insn)
	if !c.through {
		if a.depth != frame {
			mask = slotSet{}
		}
		c.overwrite(act, insn, a.depth, mask, again)
		return
	}
	for f := range a.depth + 1 {
		if f == frame {
			c.overwrite(act, insn, f, mask, again)
		} else {
			c.overwrite(act, insn, f, slotSet{}, again)
		}
	}
}

// executed notes that an instruction that writes was executed, and reports
// whether it was before.
func (c *chains) executed(a *activation, insn int32) bool {
	f := &c.graph.Funcs[a.fn]
	if a.stored == nil {
		a.stored = make([]bool, f.End-f.Start)
	}
	again := a.stored[insn-f.Start]
	a.stored[insn-f.Start] = true
	return again
}

func (c *chains) overwrite(act, insn, frame int32, mask slotSet, again bool) {
	a := &c.all[act]
	u := a.frames[frame]
	if u == nil {
		if again || mask.empty() {
			return
		}
		u = c.usage(act, frame)
	}
	was := &u.writes[insn-c.graph.Funcs[a.fn].Start]
	if again {
		mask = mask.and(*was)
	}
	if mask == *was {
		return
	}
	u.dropped = u.dropped || again
	*was = mask
	c.touch(u, act, frame, insn)
}

func (c *chains) touch(u *usage, act, frame, insn int32) {
	a := &c.all[act]
	u.queue(c.graph.BlockOf[insn] - c.graph.Funcs[a.fn].FirstBlock)
	if c.through && frame < a.depth && !a.changed {
		a.changed = true
		c.changed = append(c.changed, act)
	}
}

// leave passes on what the caller of an activation is to know of it, when a path
// returns from there by an exit; tail calls pass on nothing. What is overwritten
// must be so on all ways through the function the first time already; those not
// yet explored overwrite nothing.
func (c *chains) leave(act int32, overwrites bool) {
	a := &c.all[act]
	if !c.through || a.parent < 0 {
		return
	}
	c.readByCall(act)
	if !overwrites {
		return
	}
	again := c.executed(&c.all[a.parent], a.callsite)
	for f := range a.depth {
		var must slotSet
		if u := a.frames[f]; u != nil {
			must = u.must[0]
		}
		c.overwrite(a.parent, a.callsite, f, must, again)
	}
}

// readByCall makes a call read what the function it calls reads of the frames
// above.
func (c *chains) readByCall(act int32) {
	a := &c.all[act]
	for f := range a.depth {
		if u := a.frames[f]; u != nil {
			c.solve(u, a.fn)
			c.read(a.parent, a.callsite, f, u.in[0])
		}
	}
}

// live returns the stack slots of a frame that are live before an instruction
// of an activation.
func (c *chains) live(act, insn, frame int32) slotSet {
	for len(c.changed) > 0 {
		last := len(c.changed) - 1
		from := c.changed[last]
		c.changed = c.changed[:last]
		c.all[from].changed = false
		c.readByCall(from)
	}
	a := &c.all[act]
	u := a.frames[frame]
	if u == nil {
		return slotSet{}
	}
	c.solve(u, a.fn)
	return c.before(u, &c.graph.Funcs[a.fn], insn)
}
