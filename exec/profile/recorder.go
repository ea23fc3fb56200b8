package profile

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

// Period is how often the clock advances by which time is sampled.
const Period = 200 * time.Microsecond

// Options of a Recorder.
type Options struct {
	// Edges counts which way conditional jumps go.
	Edges bool
	// Packet counts the bytes of the packet that instructions access.
	Packet bool
}

// Recorder observes one machine: it is an exec.Observer. Results may be taken
// when no program runs.
type Recorder struct {
	opts     Options
	programs []*program
	lanes    []*lane // by CPU
	clock    atomic.Int64
	stop     chan struct{}
	done     sync.WaitGroup
}

// New returns a recorder whose clock stands still.
func New(o Options) *Recorder { return &Recorder{opts: o} }

// Start lets the clock run, so that time is sampled.
func (r *Recorder) Start() {
	r.stop = make(chan struct{})
	begin, ticker := time.Now(), time.NewTicker(Period)
	before := r.clock.Load()
	r.done.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.clock.Store(before + int64(time.Since(begin)))
			case <-r.stop:
				return
			}
		}
	})
}

// Stop ends what Start began.
func (r *Recorder) Stop() {
	if r.stop != nil {
		close(r.stop)
		r.done.Wait()
		r.stop = nil
	}
}

// CPU begins to observe a CPU of the machine.
func (r *Recorder) CPU(c *vm.CPU) {
	for len(r.lanes) <= c.ID {
		r.lanes = append(r.lanes, newLane())
	}
	l := r.lanes[c.ID]
	c.Meter.Region = hook.PacketRegion
	c.Meter.Tick = l.tick
	c.Meter.SetClock(&r.clock)
}

// Program says what is observed of a program.
func (r *Recorder) Program(p *prog.Program) vm.Observer {
	own := newProgram(len(r.programs), p)
	r.programs = append(r.programs, own)
	o := vm.Observer{
		Enter: func(slot int) vm.Enter {
			fn := own.funcAt(slot)
			if slot != fn.start {
				return nil
			}
			return func(c *vm.CPU) *vm.Context { return r.lanes[c.ID].enter(c, fn) }
		},
		Count: func(slot int, leader bool) int {
			if !leader && slot != own.funcAt(slot).start {
				return -1
			}
			return own.funcAt(slot).addCounter(countBlock, slot)
		},
		Call: func(slot int, f vm.Func) vm.Func {
			fn := own.funcAt(slot)
			index := fn.addCall(slot)
			return func(c *vm.CPU) (uint64, error) { return r.lanes[c.ID].call(c, fn, index, f) }
		},
	}
	if r.opts.Edges {
		o.Edge = func(slot int) int { return own.funcAt(slot).addCounter(countEdge, slot) }
	}
	if r.opts.Packet {
		o.Access = func(slot int) int {
			if base := baseRegister(p.Insns[slot]); base == cfg.FP {
				return -1
			}
			return own.funcAt(slot).addCounter(countAccess, slot)
		}
	}
	return o
}

// Invoked notes what it took to enter a program and to leave it.
func (r *Recorder) Invoked(c *vm.CPU, p *prog.Program, enter, leave time.Duration) {
	r.lanes[c.ID].invocation(p).add(enter, leave)
}

// baseRegister is the register that a load or store adds its offset to.
func baseRegister(in cfg.Insn) uint8 {
	if in.Class() == cfg.ClassLDX {
		return in.Src()
	}
	return in.Dst()
}

// Counts are the totals of one program over all CPUs and calls.
type Counts struct {
	Program *prog.Program
	// Slots says how often each instruction ran; the second half of a constant
	// counts like the first.
	Slots []uint64
	// Jumps are the conditional jumps, with Options.Edges.
	Jumps []Jump
}

// Jump says how often a conditional jump went each way.
type Jump struct {
	Slot            int
	Taken, NotTaken uint64
}

// Counts returns the totals of all programs in the order in which they were
// loaded.
func (r *Recorder) Counts() []Counts {
	list := make([]Counts, len(r.programs))
	edges := make([]map[int]uint64, len(r.programs))
	for i, p := range r.programs {
		list[i] = Counts{Program: p.Program, Slots: make([]uint64, len(p.Insns))}
		edges[i] = make(map[int]uint64)
		for _, fn := range p.funcs {
			for _, c := range fn.counters {
				if c.kind == countEdge {
					edges[i][c.slot] = 0
				}
			}
		}
	}
	r.walk(func(_ int, c *context) {
		p := c.fn.program.id
		for i, n := range c.Counts {
			switch k := &c.fn.counters[i]; k.kind {
			case countBlock:
				for s := k.slot; s < k.end; s++ {
					list[p].Slots[s] += n
				}
			case countEdge:
				edges[p][k.slot] += n
			}
		}
	})
	for i := range list {
		for slot, n := range edges[i] {
			list[i].Jumps = append(list[i].Jumps, Jump{slot, list[i].Slots[slot] - n, n})
		}
		slices.SortFunc(list[i].Jumps, func(a, b Jump) int { return a.Slot - b.Slot })
	}
	return list
}

// walk visits all contexts.
func (r *Recorder) walk(visit func(cpu int, c *context)) {
	var down func(cpu int, c *context)
	down = func(cpu int, c *context) {
		if c.fn != nil {
			visit(cpu, c)
		}
		for _, child := range c.children {
			down(cpu, child)
		}
	}
	for cpu, l := range r.lanes {
		down(cpu, &l.root)
	}
}
