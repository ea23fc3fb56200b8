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
// the function, or by block. Bit n stands for stack slot n.
type usage struct {
	reads  []uint64
	writes []uint64
	stored []bool   // an instruction that writes was executed
	in     []uint64 // live at the blocks' starts
	dirty  []int32  // blocks to look at again
	queued []bool
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
			reads: make([]uint64, slots), writes: make([]uint64, slots), stored: make([]bool, slots),
			in: make([]uint64, blocks), queued: make([]bool, blocks),
		}
	}
	return a.frames[frame]
}

// read notes that the instruction at a slot of the program reads stack slots
// of a frame. To the callers it is their calls that do.
func (c *chains) read(act, insn, frame int32, mask uint64) {
	for {
		a := &c.all[act]
		u := c.usage(act, frame)
		if at := insn - c.graph.Funcs[a.fn].Start; u.reads[at]&mask != mask {
			u.reads[at] |= mask
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
func (c *chains) wrote(act, insn, frame int32, mask uint64) {
	a := &c.all[act]
	if a.depth != frame {
		mask, frame = 0, a.depth
	}
	u := c.usage(act, frame)
	at := insn - c.graph.Funcs[a.fn].Start
	if u.stored[at] && u.writes[at]&^mask == 0 {
		return
	}
	if u.stored[at] {
		u.writes[at] &= mask
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
func (c *chains) before(u *usage, f *cfg.Func, insn int32) uint64 {
	block := c.graph.BlockOf[insn]
	var live uint64
	for _, s := range c.graph.Succs(block) {
		live |= u.in[s-f.FirstBlock]
	}
	for i := c.graph.Blocks[block].End - 1; i >= insn; i-- {
		live = u.reads[i-f.Start] | live&^u.writes[i-f.Start]
	}
	return live
}

// live returns the stack slots of a frame that are live before an instruction
// of an activation.
func (c *chains) live(act, insn, frame int32) uint64 {
	a := &c.all[act]
	u := a.frames[frame]
	if u == nil {
		return 0
	}
	c.solve(u, a.fn)
	return c.before(u, &c.graph.Funcs[a.fn], insn)
}

// stackRead notes that the present instruction reads stack slot n of a frame.
func (m *machine) stackRead(frame uint8, n int) {
	m.chains.read(m.top.act, m.here(), int32(frame), 1<<n)
}

// deadSlots returns the slots of frame i of s that nothing reads any more: not
// before the functions above it return, nor afterwards.
func (m *machine) deadSlots(s *state, i int32) uint64 {
	live := m.chains.live(s.top().act, s.insn, i)
	for j := i; j < s.depth; j++ {
		live |= m.chains.live(s.frames[j].act, m.returnsTo(s.frames[j+1]), i)
	}
	return ^live
}
