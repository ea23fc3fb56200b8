package profile

import (
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

// maxContexts bounds the chains of calls that are told apart on one CPU. Later
// ones are counted with their function alone.
const maxContexts = 1 << 16

// context is a function with the chain of calls that led to it.
type context struct {
	vm.Context // what it counts, by counter of the function

	fn     *function
	parent *context // nil for the program itself
	site   int      // slot of the call in the parent's program, -1 if unknown

	times []int64 // nanoseconds, by counter of the function
	calls []callStat

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
	sites    [vm.MaxFrames]int // of the helper call that runs in a frame
	contexts int

	invocations map[*prog.Program]*invocation
}

func newLane() *lane {
	l := &lane{invocations: make(map[*prog.Program]*invocation)}
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
		fn: fn, site: site, Context: vm.Context{Counts: make([]uint64, len(fn.counters))},
		times: make([]int64, len(fn.counters)), calls: make([]callStat, len(fn.calls)),
	}
	c.Of = c
	if parent != &l.root {
		c.parent = parent
	}
	parent.children = append(parent.children, c)
	parent.recent = c
	return c
}

// enter chooses the context of a function that begins, and lets the context of
// its caller find it at the next call.
func (l *lane) enter(c *vm.CPU, fn *function) *vm.Context {
	depth, slot, call := c.Depth(), -1, -1
	parent := &l.root
	if up := l.at(c, depth-1); up != nil {
		parent = up
		if slot, call = c.CallSite(); slot < 0 {
			slot = l.sites[depth-1]
		}
	}
	at := l.child(parent, fn, slot)
	if call >= 0 {
		parent.note(call, &at.Context)
	}
	return &at.Context
}

// at returns the context of the function at a depth; nil when there is none.
func (l *lane) at(c *vm.CPU, depth int) *context {
	if depth < 0 {
		return nil
	}
	return of(c.Meter.Context(depth))
}

// of returns what a context of the machine is here.
func of(at *vm.Context) *context {
	if at == nil || at.Of == nil {
		return nil
	}
	return at.Of.(*context)
}

// note makes a context that of a call.
func (c *context) note(call int, at *vm.Context) {
	for len(c.Calls) <= call {
		c.Calls = append(c.Calls, nil)
	}
	c.Calls[call] = at
}

// tick charges the time since the clock last changed to the block that runs.
func (l *lane) tick(c *vm.CPU) {
	d := c.Meter.Elapsed()
	if at := of(c.Meter.Counting()); at != nil && c.Meter.Last < len(at.times) {
		at.times[c.Meter.Last] += d
	}
}

// call runs a helper and charges its time to it.
func (l *lane) call(c *vm.CPU, fn *function, index int, f vm.Func) (uint64, error) {
	l.tick(c)
	depth, last := c.Depth(), c.Meter.Last
	at := l.at(c, depth)
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
	c.Meter.Resume(depth)
	return r0, err
}
