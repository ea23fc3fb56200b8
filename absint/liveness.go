package absint

import "github.com/bpflint/bpflint/cfg"

// activation is a function as it is reached by one chain of calls. It collects
// which stack slots its instructions read and overwrite while they are
// explored, and derives from that which slots are live: read behind an
// instruction before they are overwritten. Every path behind a state that is
// finished has been explored, so what is not live there by then never will be.
//
// Reads only get more and overwrites only get fewer, so the live sets only
// grow, and each growth is passed on once.
type activation struct {
	fn       int32
	depth    int32
	parent   int32 // index in chains.all
	callsite int32
	frames   [maxFrames]*usage // by frame; nil until a slot of it is touched
}

// usage is what one function does to one frame's stack; slices are by slot of
// the function, or by block.
type usage struct {
	reads  []slotSet
	writes []slotSet
	stored []bool    // an instruction that writes was executed
	in     []slotSet // live at the blocks' starts
	dirty  []int32   // blocks to look at again
	queued []bool
}

// slotSet is a set of halves of stack slots; bit n stands for slot n. The near
// half is the one at the higher addresses, bytes[:4] of the slot.
type slotSet struct{ near, far uint64 }

func (s slotSet) or(o slotSet) slotSet      { return slotSet{s.near | o.near, s.far | o.far} }
func (s slotSet) and(o slotSet) slotSet     { return slotSet{s.near & o.near, s.far & o.far} }
func (s slotSet) without(o slotSet) slotSet { return slotSet{s.near &^ o.near, s.far &^ o.far} }
func (s slotSet) empty() bool               { return s.near|s.far == 0 }

// bytesOf returns the halves of slot n that have a part of its bytes from first
// to last. Kernels that do not tell halves apart see the whole slot.
func (m *machine) bytesOf(n, first, last int) slotSet {
	bit := uint64(1) << n
	switch {
	case !m.rules.halfSlots || first < 4 && last >= 4:
		return slotSet{bit, bit}
	case last < 4:
		return slotSet{near: bit}
	}
	return slotSet{far: bit}
}

// bytesWithin returns the halves of slot n all of whose bytes lie from first to
// last.
func (m *machine) bytesWithin(n, first, last int) slotSet {
	bit := uint64(1) << n
	switch {
	case first == 0 && last == 7:
		return slotSet{bit, bit}
	case !m.rules.halfSlots:
	case first == 0 && last >= 3:
		return slotSet{near: bit}
	case first <= 4 && last == 7:
		return slotSet{far: bit}
	}
	return slotSet{}
}

// chains are all activations of a program.
type chains struct {
	graph *cfg.Graph
	all   []activation
}

func newChains(g *cfg.Graph) chains {
	return chains{graph: g, all: []activation{{parent: -1, callsite: -1}}}
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
		a.frames[frame] = &usage{
			reads: make([]slotSet, slots), writes: make([]slotSet, slots), stored: make([]bool, slots),
			in: make([]slotSet, blocks), queued: make([]bool, blocks),
		}
	}
	return a.frames[frame]
}

// read notes that the instruction at a slot of the program reads stack slots
// of a frame. To the callers it is their calls that do.
func (c *chains) read(act, insn, frame int32, mask slotSet) {
	for {
		a := &c.all[act]
		u := c.usage(act, frame)
		if at := insn - c.graph.Funcs[a.fn].Start; u.reads[at].and(mask) != mask {
			u.reads[at] = u.reads[at].or(mask)
			c.touch(u, a.fn, insn)
		}
		if a.depth <= frame {
			return
		}
		act, insn = a.parent, a.callsite
	}
}

// wrote notes what an executed store overwrites whole. It counts for the
// store's own frame, and only as far as every execution does it.
func (c *chains) wrote(act, insn, frame int32, mask slotSet) {
	a := &c.all[act]
	if a.depth != frame {
		mask, frame = slotSet{}, a.depth
	}
	u := c.usage(act, frame)
	at := insn - c.graph.Funcs[a.fn].Start
	if u.stored[at] && u.writes[at].without(mask).empty() {
		return
	}
	if u.stored[at] {
		u.writes[at] = u.writes[at].and(mask)
	} else {
		u.stored[at], u.writes[at] = true, mask
	}
	c.touch(u, a.fn, insn)
}

func (c *chains) touch(u *usage, fn, insn int32) {
	b := c.graph.BlockOf[insn] - c.graph.Funcs[fn].FirstBlock
	if !u.queued[b] {
		u.queued[b] = true
		u.dirty = append(u.dirty, b)
	}
}

// solve passes on all growth.
func (c *chains) solve(u *usage, fn int32) {
	f := &c.graph.Funcs[fn]
	for len(u.dirty) > 0 {
		b := u.dirty[len(u.dirty)-1]
		u.dirty = u.dirty[:len(u.dirty)-1]
		u.queued[b] = false
		block := b + f.FirstBlock
		in := c.before(u, f, c.graph.Blocks[block].Start)
		if in == u.in[b] {
			continue
		}
		u.in[b] = in
		for _, p := range c.graph.Preds(block) {
			if q := p - f.FirstBlock; !u.queued[q] {
				u.queued[q] = true
				u.dirty = append(u.dirty, q)
			}
		}
	}
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

// live returns the stack slots of a frame that are live before an instruction
// of an activation.
func (c *chains) live(act, insn, frame int32) slotSet {
	a := &c.all[act]
	u := a.frames[frame]
	if u == nil {
		return slotSet{}
	}
	c.solve(u, a.fn)
	return c.before(u, &c.graph.Funcs[a.fn], insn)
}

// stackRead notes that the present instruction reads bytes of stack slot n of a
// frame.
func (m *machine) stackRead(frame uint8, n, first, last int) {
	m.chains.read(m.top.act, m.here(), int32(frame), m.bytesOf(n, first, last))
}

// deadSlots returns the half slots of frame i of s that nothing reads any more: not
// before the functions above it return, nor afterwards.
func (m *machine) deadSlots(s *state, i int32) slotSet {
	live := m.chains.live(s.top().act, s.insn, i)
	for j := i; j < s.depth; j++ {
		live = live.or(m.chains.live(s.frames[j].act, m.returnsTo(s.frames[j+1]), i))
	}
	return slotSet{^live.near, ^live.far}
}
