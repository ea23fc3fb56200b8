package absint

import "github.com/bpflint/bpflint/cfg"

// maxFrames bounds the depth of calls.
const maxFrames = 8

// stackSlots is the number of 8-byte slots of a frame's stack.
const stackSlots = 512 / 8

// byteKind says what one byte of the stack holds.
type byteKind uint8

// What a byte of the stack holds. The zero value is a byte never written.
const (
	byteInvalid byteKind = iota
	byteSpill            // part of the slot's spilled value
	byteMisc             // something that is not tracked
	byteZero
	byteIter   // part of an iterator
	byteDynptr // part of a dynptr
)

// slot is 8 bytes of the stack. Slot 0 is right below the frame pointer, and
// bytes[0] is the byte at the slot's highest address.
type slot struct {
	bytes [8]byteKind
	// spill is meaningful while bytes[7] is byteSpill. A spill of fewer than 8
	// bytes occupies the lowest addresses, the last elements of bytes.
	spill value
}

func (s *slot) isSpill() bool       { return s.bytes[7] == byteSpill }
func (s *slot) isScalarSpill() bool { return s.isSpill() && s.spill.kind == kindScalar }

// spillSize returns the number of bytes that the spilled value occupies.
func (s *slot) spillSize() int {
	n := 0
	for i := 7; i >= 0 && s.bytes[i] == byteSpill; i-- {
		n++
	}
	return n
}

// stack is a frame's stack. It is shared by the states that have the same
// content, and copied by the first of them that writes.
type stack struct {
	owners int32
	slots  []slot // those ever touched; at most stackSlots
}

// frame is the activation of one function.
type frame struct {
	owners int32
	regs   [cfg.NumRegs]value
	stack  *stack

	role     role
	entries  uint32 // how many functions that are called later set each other up to get here
	turns    uint32 // of the loop that a helper called in this frame makes
	fn       int32  // index of the function
	act      int32  // index of the activation
	callsite int32  // slot of the call that created the frame; -1 for the entry

	// Scalars whose value matters for what follows, by register and by slot.
	// Only remembered states carry such marks.
	preciseRegs  uint16
	preciseSlots uint64
}

// refKind is the kind of a resource that is held.
type refKind uint8

const (
	refPointer refKind = iota
	refLock
)

// resource is something that must be given back before the program ends.
type resource struct {
	kind  refKind
	id    uint32
	insn  int32 // where it was acquired
	depth int32 // of the callback that acquired it, 0 for none; see callbackRules.owned
	mapi  int32 // refLock: the map whose value holds the lock
}

// maxRefs bounds the resources held at once. The kernel has no such limit;
// reaching it is reported as unsupported.
const maxRefs = 32

// state is everything that is known at one point of one path. The topmost
// frame belongs to the state alone, those below may be shared with others.
type state struct {
	frames [maxFrames]*frame
	depth  int32 // index of the topmost frame

	refs  [maxRefs]resource
	nrefs int32
	locks int32 // resources of kind refLock

	sections sections
	sleeps   bool   // what runs may sleep
	turns    uint32 // how often functions were called back on the path

	speculative bool
	mayGotos    int32 // turns of loops with may_goto on the path

	// parent is the remembered state that this one goes on from; trail holds
	// what happened since.
	parent *checkpoint
	trail  uint32 // index of the newest entry of machine.trail, 0 for none
	first  int32  // first slot since parent
	prev   int32  // slot executed before insn
	insn   int32  // slot to be executed next
}

func (s *state) top() *frame { return s.frames[s.depth] }

// heap hands out frames, stacks and checkpoints and takes them back, so that
// exploring allocates only while the largest set of live states grows.
type heap struct {
	frames []*frame
	stacks [len(stackClasses)][]*stack
	points []*checkpoint
}

// stackClasses are the capacities, in slots, that stacks come in.
var stackClasses = [...]int{4, 8, 16, 24, 32, 48, stackSlots}

func stackClass(slots int) int {
	for i, c := range stackClasses {
		if slots <= c {
			return i
		}
	}
	return len(stackClasses) - 1
}

func (h *heap) newFrame() *frame {
	if n := len(h.frames); n > 0 {
		f := h.frames[n-1]
		h.frames = h.frames[:n-1]
		return f
	}
	return new(frame)
}

func (h *heap) newStack(slots int) *stack {
	class := stackClass(slots)
	list := &h.stacks[class]
	if n := len(*list); n > 0 {
		s := (*list)[n-1]
		*list = (*list)[:n-1]
		s.owners, s.slots = 1, s.slots[:0]
		return s
	}
	return &stack{owners: 1, slots: make([]slot, 0, stackClasses[class])}
}

func (h *heap) dropStack(s *stack) {
	if s.owners--; s.owners == 0 {
		class := stackClass(cap(s.slots))
		h.stacks[class] = append(h.stacks[class], s)
	}
}

func (h *heap) dropFrame(f *frame) {
	if f.owners--; f.owners == 0 {
		h.dropStack(f.stack)
		f.stack = nil
		h.frames = append(h.frames, f)
	}
}

// cloneFrame returns a copy of f with one owner that shares f's stack.
func (h *heap) cloneFrame(f *frame) *frame {
	c := h.newFrame()
	*c = *f
	c.owners = 1
	c.stack.owners++
	return c
}

// clone copies src over dst, which must hold no frames. Frames below the
// topmost are shared.
func (h *heap) clone(dst, src *state) {
	*dst = *src
	for i := int32(0); i < src.depth; i++ {
		dst.frames[i].owners++
	}
	dst.frames[src.depth] = h.cloneFrame(src.top())
}

// drop gives back what s holds.
func (h *heap) drop(s *state) {
	for i := int32(0); i <= s.depth; i++ {
		h.dropFrame(s.frames[i])
		s.frames[i] = nil
	}
}

// own makes the i-th frame of s writable.
func (h *heap) own(s *state, i int32) *frame {
	f := s.frames[i]
	if f.owners > 1 {
		f.owners--
		f = h.cloneFrame(f)
		s.frames[i] = f
	}
	return f
}

// ownStack makes the stack of a writable frame writable, with at least n slots.
func (h *heap) ownStack(f *frame, n int) *stack {
	s := f.stack
	if s.owners == 1 && n <= cap(s.slots) {
		s.grow(n)
		return s
	}
	c := h.newStack(max(n, len(s.slots)))
	c.slots = append(c.slots, s.slots...)
	c.grow(n)
	h.dropStack(s)
	f.stack = c
	return c
}

// grow makes at least n slots valid, the new ones never written.
func (s *stack) grow(n int) {
	for i := len(s.slots); i < n; i++ {
		s.slots = s.slots[:i+1]
		s.slots[i] = slot{spill: none}
	}
}
