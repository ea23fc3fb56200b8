package exec

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

// Task is the process on whose behalf programs run.
type Task = helper.Task

// Config describes a machine. The zero value is one CPU, with everything
// deterministic.
type Config struct {
	CPUs int
	// Seed is that of bpf_get_prandom_u32 and of the maps' hash functions.
	Seed uint64
	// Budget is how many instructions one run may take; 0 is vm.DefaultBudget.
	Budget int
	// Task is the process that programs see; nil is a process named "bpfexec"
	// with the number 1.
	Task *Task
	// Now returns the nanoseconds since boot. It is called by several CPUs.
	// The nil func is a clock of each CPU that starts at Uptime and gains a
	// microsecond each time it is read.
	Now func() uint64
	// Uptime is where the machine's own clock starts; 0 means a second.
	Uptime time.Duration
	// Trace receives the lines of bpf_trace_printk. It is called by several
	// CPUs.
	Trace func(line string)
	// Helper may replace what a helper or kfunc does, given its name, such as
	// "bpf_fib_lookup", and what it does otherwise. It is called when a program
	// is loaded; nil replaces nothing.
	Helper func(name string, f vm.Func) vm.Func
	// MixedArrays lets program arrays take programs of any kind, which kernels
	// refuse. Calls of those that do not fit fall through.
	MixedArrays bool
	// Observer watches programs while they run; nil costs nothing. Packages
	// profile and coverage have some.
	Observer Observer
}

// Observer watches the programs of one machine.
type Observer interface {
	// CPU is called for each CPU before it runs anything.
	CPU(c *vm.CPU)
	// Program says what is watched of a program that is being loaded.
	Program(p *prog.Program) vm.Observer
}

// InvocationObserver is an Observer that is also told what it took to enter a
// program and to leave it: its context, and what a program that sleeps needs
// besides. Programs call each other without entering.
type InvocationObserver interface {
	Observer
	Invoked(c *vm.CPU, p *prog.Program, enter, leave time.Duration)
}

// Machine holds maps and programs, and CPUs that run them.
type Machine struct {
	cfg      Config
	space    *mem.Space
	registry *helper.Registry
	heap     *helper.Heap
	timers   *helper.Timers
	world    *helper.World
	objects  *objects
	cpus     []*cpu
	maps     map[string]*Map
	programs map[string]*Program
	lastID   atomic.Uint32 // of programs and maps in maps
	passed   atomic.Uint64 // nanoseconds by which RunTimers moved the time

	mapObjects mapObjects
}

type cpu struct {
	vm    *vm.CPU
	env   helper.Env
	input hook.Input // of the run
	clock uint64     // what the CPU's own clock shows, without Machine.passed
}

// New returns a machine without programs.
func New(cfg Config) *Machine {
	cfg.CPUs = max(cfg.CPUs, 1)
	if cfg.Task == nil {
		cfg.Task = &Task{PID: 1, TGID: 1, Comm: "bpfexec", CgroupID: 1}
	}
	if cfg.Budget == 0 {
		cfg.Budget = vm.DefaultBudget
	}
	space := mem.NewSpace()
	m := &Machine{
		cfg: cfg, space: space, registry: helper.NewRegistry(space, cfg.CPUs), heap: helper.NewHeap(space, cfg.CPUs),
		maps: make(map[string]*Map), programs: make(map[string]*Program),
		timers:  helper.NewTimers(),
		objects: &objects{space: space, tasks: make(map[*Task]uint64), vars: make(map[btf.TypeID]uint64)},
	}
	m.registry.Object = m.mapObject
	m.world = m.newWorld()
	for id := range cfg.CPUs {
		m.cpus = append(m.cpus, m.newCPU(id))
	}
	return m
}

func (m *Machine) newCPU(id int) *cpu {
	c := &cpu{vm: vm.NewCPU(id, mem.NewView(m.space)), env: helper.Env{
		Maps: m.registry, Heap: m.heap, Task: m.cfg.Task, Now: m.cfg.Now, Trace: m.cfg.Trace,
		Rand: rand.New(rand.NewPCG(m.cfg.Seed, uint64(id))), TaskAddr: m.objects.task, Timers: m.timers, World: m.world,
	}}
	if c.env.Now == nil {
		c.clock = uint64(cmp.Or(m.cfg.Uptime, time.Second))
		c.env.Now = func() uint64 { c.clock += 1000; return c.clock + m.passed.Load() }
	}
	c.vm.Budget = m.cfg.Budget
	if m.cfg.Observer != nil {
		m.cfg.Observer.CPU(c.vm)
	}
	c.vm.Env = &c.env
	return c
}

// CPUs returns the number of CPUs.
func (m *Machine) CPUs() int { return len(m.cpus) }

// Load makes a program's maps, unless there are maps of these names already,
// and gets it ready to run. A program that was not verified may be loaded: it
// stops where it does something that is not allowed.
func (m *Machine) Load(p *prog.Program) (*Program, error) {
	if p.Target != nil {
		m.objects.mu.Lock()
		m.objects.types = p.Target.Types
		m.objects.mu.Unlock()
	}
	loaded := &Program{machine: m, prog: p, guest: newGuest(p), lenient: hasTypedPointers(p),
		reach: contextReach(p.Type, p.Insns)}
	l := &linker{machine: m, program: p, loaded: loaded}
	for _, pm := range p.Maps {
		made, err := m.makeMap(pm)
		if err != nil {
			return nil, fmt.Errorf("program %s: %w", p.Name, err)
		}
		l.maps = append(l.maps, made)
	}
	if err := m.admit(loaded, l.maps); err != nil {
		return nil, err
	}
	opts := vm.Options{Name: p.Name, Linker: l, Space: m.space, Cast: l.cast()}
	if loaded.casts() {
		opts.BeforeTailCall = loaded.guest.Type
	}
	if m.cfg.Observer != nil {
		opts.Observer = m.cfg.Observer.Program(p)
	}
	code, err := vm.Load(p.Insns, opts)
	if err != nil {
		return nil, fmt.Errorf("program %s: %w", p.Name, err)
	}
	loaded.code = code
	for _, used := range l.maps {
		if s, ok := used.entry.Map.(storage); ok {
			loaded.storages = append(loaded.storages, s)
		}
	}
	for range m.cpus {
		loaded.contexts = append(loaded.contexts, hook.New(p.Type))
	}
	m.programs[p.Name] = loaded
	return loaded, m.fillProgramArrays()
}

// LoadSpec links a program of a collection for a target and loads it; nil is the
// zero target, the default kernel without its types.
func (m *Machine) LoadSpec(spec *ebpf.CollectionSpec, name string, target *prog.Target) (*Program, error) {
	if target == nil {
		target = new(prog.Target)
	}
	p, err := prog.Link(spec, name, target)
	if err != nil {
		return nil, err
	}
	return m.Load(p)
}

// LoadAll loads all programs of a collection in the order of their names, so that
// they can call each other through program arrays.
func (m *Machine) LoadAll(spec *ebpf.CollectionSpec, target *prog.Target) error {
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		if _, err := m.LoadSpec(spec, name, target); err != nil {
			return err
		}
	}
	return nil
}

// Program returns a loaded program, nil when there is none of that name.
func (m *Machine) Program(name string) *Program { return m.programs[name] }

// RunTimers moves the time on and calls, on a CPU, the callbacks of timers that
// are due by then, and of work that programs queued, each at its time. It returns
// how many. The time of Config.Now does not move.
func (m *Machine) RunTimers(cpu int, d time.Duration) (int, error) {
	c := m.cpus[cpu]
	end := c.env.Now() + uint64(d)
	n, err := m.timers.Run(c.vm, end, func(due uint64) { m.advance(c, due) })
	if err != nil {
		return n, m.explain(err)
	}
	m.advance(c, end)
	return n, nil
}

// advance moves the machine's own clocks on until one of them shows a time.
func (m *Machine) advance(c *cpu, to uint64) {
	if now := c.clock + m.passed.Load(); m.cfg.Now == nil && to > now {
		m.passed.Add(to - now)
	}
}

// CPU returns the state that helpers have for a CPU, to be changed between
// runs, and the CPU's view of memory.
func (m *Machine) CPU(id int) (*helper.Env, *mem.View) {
	c := m.cpus[id]
	return &c.env, c.vm.Mem
}

// World returns what helpers know besides maps and packets, to be changed before
// programs run.
func (m *Machine) World() *helper.World { return m.world }

// Space returns the address space that all CPUs share.
func (m *Machine) Space() *mem.Space { return m.space }

// TaskAddr returns where a task's struct task_struct is.
func (m *Machine) TaskAddr(t *Task) uint64 { return m.objects.task(t) }

// Programs returns all programs by name.
func (m *Machine) Programs() map[string]*Program { return m.programs }
