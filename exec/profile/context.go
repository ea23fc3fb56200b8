package profile

import "github.com/bpflint/bpflint/exec/vm"

// maxContexts bounds the chains of calls that are told apart on one CPU. Later
// ones are counted with their function alone.
const maxContexts = 1 << 16

// context is a function with the chain of calls that led to it.
type context struct {
	fn     *function
	parent *context // nil for the program itself
	site   int      // slot of the call in the parent's program, -1 if unknown

	counts []uint64 // by counter of the function
	times  []int64  // nanoseconds, by the same
	calls  []callStat

	children []*context
	recent   *context // of children
}

// callStat is what a call of a helper came to.
type callStat struct {
	count, bytes uint64
	time         int64 // nanoseconds
}

// lane is what one CPU records. Only the goroutine that runs the CPU touches
// it until the profile is taken.
type lane struct {
	root     context
	current  *context
	stack    [vm.MaxFrames]*context
	sites    [vm.MaxFrames]int // of the helper call that runs in a frame
	contexts int
}

func newLane() *lane {
	l := &lane{}
	for i := range l.sites {
		l.sites[i] = -1
	}
	return l
}

// child returns the context of a function that was called at a slot.
func (l *lane) child(parent *context, fn *function, site int) *context {
	if c := parent.recent; c != nil && c.fn == fn && c.site == site {
		return c
	}
	for _, c := range parent.children {
		if c.fn == fn && c.site == site {
			parent.recent = c
			return c
		}
	}
	if l.contexts >= maxContexts && parent != &l.root {
		return l.child(&l.root, fn, -1)
	}
	l.contexts++
	c := &context{
		fn: fn, site: site, counts: make([]uint64, len(fn.counters)),
		times: make([]int64, len(fn.counters)), calls: make([]callStat, len(fn.calls)),
	}
	if parent != &l.root {
		c.parent = parent
	}
	parent.children = append(parent.children, c)
	parent.recent = c
	return c
}

// enter is called when a function begins.
func (l *lane) enter(c *vm.CPU, fn *function) {
	l.tick(c)
	depth := c.Depth()
	parent, site := &l.root, -1
	if depth > 0 && l.stack[depth-1] != nil {
		parent = l.stack[depth-1]
		if site = c.CallSite(); site < 0 {
			site = l.sites[depth-1]
		}
	}
	l.stack[depth] = l.child(parent, fn, site)
	l.use(c, depth)
}

// resume is called where a function goes on after it has called another.
func (l *lane) resume(c *vm.CPU) {
	l.tick(c)
	l.use(c, c.Depth())
}

// use makes the CPU count for the function at a depth.
func (l *lane) use(c *vm.CPU, depth int) {
	if l.current = l.stack[depth]; l.current != nil {
		c.Meter.Counts = l.current.counts
	}
}

// tick charges the time since the clock last changed to the block that runs.
func (l *lane) tick(c *vm.CPU) {
	if d := c.Meter.Elapsed(); d != 0 && l.current != nil && c.Meter.Last < len(l.current.times) {
		l.current.times[c.Meter.Last] += d
	}
}

// call runs a helper and charges its time to it.
func (l *lane) call(c *vm.CPU, fn *function, index int, f vm.Func) (uint64, error) {
	l.tick(c)
	depth, last := c.Depth(), c.Meter.Last
	at := l.stack[depth]
	if at == nil || at.fn != fn { // control jumped between functions
		return f(c)
	}
	info := &fn.calls[index]
	l.sites[depth] = info.slot
	s := &at.calls[index]
	s.count++
	if info.bytesReg != 0 {
		s.bytes += c.R[info.bytesReg&15]
	}
	r0, err := f(c)
	s.time += c.Meter.Elapsed()
	c.Meter.Last = last
	l.use(c, depth)
	return r0, err
}
