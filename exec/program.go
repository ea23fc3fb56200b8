package exec

import (
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

// Program is a program of a machine. Different CPUs may run it at the same
// time.
type Program struct {
	machine  *Machine
	prog     *prog.Program
	code     *vm.Code
	guest    guest          // what program arrays know of it
	contexts []hook.Context // by CPU
	storages []storage
	reach    int // bytes that a context needs
	// lenient says that loads through null read 0, as those through typed
	// pointers do.
	lenient bool
}

// storage is a value that belongs to where a program is attached.
type storage interface{ Reset() }

// Input is what a run begins with, as in BPF_PROG_TEST_RUN.
type Input struct {
	// Data is the packet, from its Ethernet header on.
	Data []byte
	// Ctx is the context as user space sees it; empty for the default.
	Ctx []byte
	// Long allows packets that are longer than BPF_PROG_TEST_RUN takes, 3712 bytes.
	Long bool
	// CPU runs the program. Only one run at a time may be on a CPU.
	CPU int
	// Repeat runs the program that often, each time with what the last run
	// left, and reports the last run; 0 means once.
	Repeat int
	// Attached says that the program is attached to something, so that it finds
	// the cgroup storage of its last run. Otherwise each run has its own, of
	// zeros.
	Attached bool
}

// Output is what a run left. Data and Ctx are valid until the next run on the
// same CPU.
type Output struct {
	Return uint32
	Data   []byte
	Ctx    []byte
	// Insns counts the instructions of the last run.
	Insns int
	// Duration is the average of one run.
	Duration time.Duration
	// Redirect is where the program sent the packet, if it did.
	Redirect helper.Redirect
}

// Name returns the program's name.
func (p *Program) Name() string { return p.prog.Name }

// Machine returns the machine that the program was loaded into.
func (p *Program) Machine() *Machine { return p.machine }

// Model returns what the program was loaded from.
func (p *Program) Model() *prog.Program { return p.prog }

// Type returns the program's type.
func (p *Program) Type() ebpf.ProgramType { return p.prog.Type }

// Run runs the program.
func (p *Program) Run(in Input) (*Output, error) {
	out := new(Output)
	if err := p.RunInto(&in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// RunInto is Run without allocating.
func (p *Program) RunInto(in *Input, out *Output) error {
	if in.CPU < 0 || in.CPU >= len(p.contexts) {
		return fmt.Errorf("CPU %d of %d", in.CPU, len(p.contexts))
	}
	c, ctx := p.machine.cpus[in.CPU], p.contexts[in.CPU]
	begin := time.Now()
	r1, err := p.enter(c, ctx, in)
	if err != nil {
		return fmt.Errorf("%s: %w", p.prog.Name, err)
	}
	if p.machine.cfg.Observer != nil {
		c.vm.Meter.Elapsed() // time before the run is not the program's
	}
	repeat := max(in.Repeat, 1)
	start := time.Now()
	var r0 uint64
	for range repeat {
		c.vm.R[1] = r1
		if r0, err = c.vm.Run(p.code); err != nil {
			if r0, err = p.catch(c, err); err != nil {
				return p.machine.explain(err)
			}
		}
	}
	end := time.Now()
	out.Duration = end.Sub(start) / time.Duration(repeat)
	out.Return, out.Insns, out.Redirect = uint32(r0), c.vm.Executed(), c.env.Redirect
	out.Data, out.Ctx = ctx.Leave()
	c.env.MaySleep = false
	if o, ok := p.machine.cfg.Observer.(InvocationObserver); ok {
		o.Invoked(c.vm, p.prog, start.Sub(begin), time.Since(end))
	}
	if p.machine.timers.Used() {
		_, err = p.machine.RunTimers(in.CPU, 0)
	}
	return err
}

// enter gets a CPU ready to run the program and returns R1.
func (p *Program) enter(c *cpu, ctx hook.Context, in *Input) (uint64, error) {
	const sleepable = 1 << 4 // BPF_F_SLEEPABLE
	c.env.Hook, c.env.XDP, c.env.Redirect = ctx, p.prog.Type == ebpf.XDP, helper.Redirect{}
	c.env.Options, c.env.Message = c.env.Options.Next(p.prog.Type == ebpf.SockOps, in.Ctx), helper.Message{}
	c.env.MaySleep = p.prog.Flags&sleepable != 0
	if n := len(in.Ctx); n == 0 && p.reach > 0 {
		return 0, hook.Refuse(errno.EINVAL, "there is no context, the program may access %d bytes of one", p.reach)
	} else if n < p.reach {
		return 0, hook.Refuse(errno.EINVAL, "the context has %d bytes, the program may access %d", n, p.reach)
	}
	c.input = hook.Input{Data: in.Data, Ctx: in.Ctx, Long: in.Long}
	c.vm.Mem.Lenient = p.lenient
	if !in.Attached {
		for _, s := range p.storages {
			s.Reset()
		}
	}
	return ctx.Enter(c.vm.Mem, &c.input)
}

// RunError is what stopped a program.
type RunError struct {
	Program string
	Slot    int
	Line    *prog.Line // nil when it is not known
	Err     error
}

// Error names the instruction, the line of the source and the cause.
func (e *RunError) Error() string {
	if e.Line == nil {
		return fmt.Sprintf("%s: instruction %d: %v", e.Program, e.Slot, e.Err)
	}
	return fmt.Sprintf("%s:%d: %s: instruction %d: %v", path.Clean(e.Line.File), e.Line.Line, e.Program, e.Slot, e.Err)
}

// Unwrap returns the cause.
func (e *RunError) Unwrap() error { return e.Err }

// explain finds the source line of an error. After a tail call it is in
// another program.
func (m *Machine) explain(err error) error {
	var at *vm.Error
	if !errors.As(err, &at) {
		return err
	}
	p := m.owner(at.Code, nil)
	if p == nil {
		return err
	}
	return &RunError{Program: p.prog.Name, Slot: at.Slot, Line: p.prog.LineAt(at.Slot), Err: at.Err}
}
