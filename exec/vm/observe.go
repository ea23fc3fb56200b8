package vm

import (
	"sync/atomic"

	"github.com/bpflint/bpflint/cfg"
)

// Observer says what of a program is watched while it runs. Each func that is
// not nil is asked once for every instruction when the program is loaded, and
// what it wants becomes an operation of the predecoded stream. Counters are
// indices into [Context.Counts]; a negative one stands for none.
type Observer struct {
	// Probe returns what is called before the instruction at a slot, nil for
	// none. leader says that the instruction starts a basic block; a call and
	// what may end the program end a block, too.
	Probe func(slot int, leader bool) Probe
	// Enter returns what chooses where a function counts that begins at a slot;
	// nil elsewhere. It is asked when a context does not know yet the one of a
	// call, and notes it there if it likes.
	Enter func(slot int) Enter
	// Count returns the counter of the times that control comes to a slot.
	Count func(slot int, leader bool) int
	// Edge returns the counter of the times that the conditional jump at a slot
	// does not jump.
	Edge func(slot int) int
	// Access returns the counter of the bytes in region Meter.Region that the
	// load or store at a slot reads and writes.
	Access func(slot int) int
	// Call returns what is called instead of the helper or kfunc that the
	// instruction at a slot calls.
	Call func(slot int, f Func) Func
}

// Probe is called before an instruction runs. The registers are those of
// c.R; a probe must not change them.
type Probe func(c *CPU, slot int)

// Enter chooses where a function counts that has just begun.
type Enter func(c *CPU) *Context

// Context is where a function counts that was called in one way.
type Context struct {
	// Counts are its counters; those outside of it are not counted.
	Counts []uint64
	// Calls are the contexts of functions that it calls, by the number of the
	// call in the function; nil where that is not known.
	Calls []*Context
	// Of is whatever the observer has to say of it.
	Of any

	enter int32 // of Code.enters, which chose it
}

// Meter is what a CPU counts of the program that it runs. It belongs to
// whoever observes the CPU.
type Meter struct {
	// Last is the counter that was last counted up.
	Last int
	// Region is the region whose bytes Access counts.
	Region uint64

	// Tick is called at the next counter after the clock has changed.
	Tick  func(c *CPU)
	clock *atomic.Int64
	seen  int64

	at       *Context // where the running function counts
	contexts [MaxFrames]*Context
}

// Context returns where the function at a depth counts; nil when that was not
// chosen yet.
func (m *Meter) Context(depth int) *Context { return m.contexts[depth&(MaxFrames-1)] }

// Counting returns the context that counts now.
func (m *Meter) Counting() *Context { return m.at }

// enter makes a context that of the function at a depth, which is running.
func (m *Meter) enter(depth int, at *Context) {
	m.contexts[depth&(MaxFrames-1)] = at
	m.at = at
}

// Resume lets the function at a depth count, which is running again.
func (m *Meter) Resume(depth int) { m.at = m.contexts[depth&(MaxFrames-1)] }

// count counts up in the context that counts now.
func (m *Meter) count(i uint64) {
	if n := m.at.Counts; i < uint64(len(n)) {
		n[i]++
		m.Last = int(i)
	}
}

// callee returns the context of a call from the function above a depth; nil when
// it is not known. After a tail call it may be that of another function.
func (m *Meter) callee(depth int, call uint64) *Context {
	if up := m.contexts[(depth-1)&(MaxFrames-1)]; up != nil && call < uint64(len(up.Calls)) {
		return up.Calls[call]
	}
	return nil
}

// stopped is the clock of a CPU that nobody observes.
var stopped atomic.Int64

// SetClock makes a CPU look at a clock whenever it counts.
func (m *Meter) SetClock(clock *atomic.Int64) {
	m.clock = clock
	m.Elapsed()
}

// Elapsed returns by how much the clock has advanced since the last call.
func (m *Meter) Elapsed() int64 {
	now := m.clock.Load()
	d := now - m.seen
	m.seen = now
	return d
}

// tick tells whoever observes the CPU that the clock has changed.
func (m *Meter) tick(c *CPU) {
	if m.Tick != nil {
		m.Tick(c)
	}
	m.Elapsed()
}

// Depth returns how many calls deep the running function is nested.
func (c *CPU) Depth() int { return c.depth }

// CallSite returns the slot of the call that the running function returns to,
// and the number of that call in its function; -1 for the program itself and
// for a callback.
func (c *CPU) CallSite() (slot, call int) {
	f := &c.frames[c.depth&(MaxFrames-1)]
	if f.code == nil {
		return -1, -1
	}
	return f.code.slot(f.ret - 1), int(f.code.insts[f.ret-1].imm)
}

// observe emits what watches the instruction at l.slot.
func (l *loader) observe(in cfg.Insn) {
	o, leader := &l.opts.Observer, l.leader[l.slot]
	if o.Probe != nil {
		if p := o.Probe(l.slot, leader); p != nil {
			l.emit(inst{op: opProbe, off: int32(len(l.code.probes))})
			l.code.probes = append(l.code.probes, p)
		}
	}
	n := -1
	if o.Count != nil {
		n = o.Count(l.slot, leader)
	}
	if enter := l.enter(o); enter != nil {
		l.emit(inst{op: opEnter, off: int32(len(l.code.enters)), imm: uint64(n)})
		l.code.enters = append(l.code.enters, enter)
	} else {
		l.count(n)
	}
	if o.Access == nil {
		return
	}
	base := in.Src()
	switch in.Class() {
	case cfg.ClassST, cfg.ClassSTX:
		base = in.Dst()
	case cfg.ClassLDX:
	default:
		return
	}
	if n := o.Access(l.slot); n >= 0 {
		l.emit(inst{op: opAccess, src: base, off: int32(sizeOf(in.Op)), imm: uint64(n)})
	}
}

// enter asks whether a function begins, whose calls are then numbered.
func (l *loader) enter(o *Observer) Enter {
	if o.Enter == nil {
		return nil
	}
	enter := o.Enter(l.slot)
	if enter != nil {
		l.localCalls = 0
	}
	return enter
}

// observeEdge emits what watches the way on from a jump that was not taken.
func (l *loader) observeEdge(in cfg.Insn) {
	if _, kind := reference(in); kind == refJump && l.opts.Observer.Edge != nil && in.Op != cfg.OpJA && in.Op != cfg.OpJA32 {
		l.count(l.opts.Observer.Edge(l.slot))
	}
}

func (l *loader) count(n int) {
	if n >= 0 {
		l.emit(inst{op: opCounter, imm: uint64(n)})
	}
}
