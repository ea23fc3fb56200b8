package absint

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
	stored   []bool            // by slot of the function: an instruction that writes was executed
	changed  bool              // is in chains.changed
}

// usage is what one function does to one frame's stack; slices are by slot of
// the function, or by block.
type usage struct {
	reads   []slotSet
	writes  []slotSet
	in      []slotSet // live at the blocks' starts
	must    []slotSet // overwritten on all ways from the blocks' starts; kept for frames of callers only
	dropped bool      // writes got fewer, so that must is to be found anew
	dirty   []int32   // blocks to look at again
	queued  []bool
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
