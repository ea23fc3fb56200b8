package absint

import "slices"

// heap hands out frames, stacks and checkpoints and takes them back. New ones
// come in chunks, each as large as all before it, so that exploring allocates a
// few times while the largest set of live states grows, and never after that.
type heap struct {
	frames pool[frame]
	stacks [len(stackClasses)]pool[stack]
	points pool[checkpoint]
}

// pool is a list of things that are free.
type pool[T any] struct {
	free  []*T
	total int // free and in use
}

// Bounds of a chunk.
const (
	firstChunk = 4
	lastChunk  = 256
)

func (p *pool[T]) put(t *T) { p.free = append(p.free, t) }

// get takes something from the list. When that is empty it is filled with a new
// chunk, whose members are set up by each when that is not nil.
func (p *pool[T]) get(each func(chunk []T)) *T {
	if len(p.free) == 0 {
		n := min(max(p.total, firstChunk), lastChunk)
		chunk := make([]T, n)
		if each != nil {
			each(chunk)
		}
		p.total += n
		p.free = slices.Grow(p.free, p.total) // room for all that may come back
		for i := range chunk {
			p.free = append(p.free, &chunk[i])
		}
	}
	n := len(p.free) - 1
	t := p.free[n]
	p.free = p.free[:n]
	return t
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

func (h *heap) newFrame() *frame { return h.frames.get(nil) }

func (h *heap) newStack(slots int) *stack {
	class := stackClass(slots)
	s := h.stacks[class].get(chunksOfStacks[class])
	s.owners, s.slots = 1, s.slots[:0]
	return s
}

// chunksOfStacks give the stacks of a chunk parts of one list of slots.
var chunksOfStacks = func() (funcs [len(stackClasses)]func([]stack)) {
	for class, size := range stackClasses {
		funcs[class] = func(chunk []stack) {
			all := make([]slot, size*len(chunk))
			for i := range chunk {
				chunk[i].slots = all[i*size : i*size : (i+1)*size]
			}
		}
	}
	return funcs
}()

func (h *heap) dropStack(s *stack) {
	if s.owners--; s.owners == 0 {
		h.stacks[stackClass(cap(s.slots))].put(s)
	}
}

func (h *heap) dropFrame(f *frame) {
	if f.owners--; f.owners == 0 {
		h.dropStack(f.stack)
		f.stack = nil
		h.frames.put(f)
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
