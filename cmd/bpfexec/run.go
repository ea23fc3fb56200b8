package main

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/replay"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// runOptions are the flags of "bpfexec run".
type runOptions struct {
	program, kernel string
	noVerify        bool
	arch            string
	extensions      []string
	injection       string
	data, ctx       string
	repeat, cpus    int
	budget          int
	seed            uint64
	maps            []string
	dump, all       bool
	format          string
	scenario        string
	pcap            pcapOptions
	watch           watchOptions
}

func runCommand(c *console) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run OBJECT",
		Short: "Run a program of an object",
		Long: `run verifies a program as bpflint does, calls it with a packet or a context, as
BPF_PROG_TEST_RUN does, and prints what it returns and what it left. Nothing is
random: time, random numbers and hash functions follow from --seed.

With --pcap it is called with each packet of a capture, and what it returns is
counted. The packets that go further are written to --pcap-out as the program
left them. Programs see the time of the packets.`,
		Example: `  bpfexec run xdp.bpf.o --data-in packet.bin
  bpfexec run tc.bpf.o --program ingress --data-in 'ffffffffffff 000000000000 0800' --dump-maps
  bpfexec run tool.bpf.o --ctx-in regs.bin --map config=config.json --trace
  bpfexec run xdp.bpf.o --pcap in.pcap --pcap-out passed.pcap --profile xdp.pb.gz`,
		Args: oneObject,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.program, "program", "", "run the program `NAME`; may be left out when there is only one")
	f.StringVar(&o.kernel, "kernel", linux.DefaultTarget().String(), "link and verify for the Linux `VERSION`")
	f.BoolVar(&o.noVerify, "no-verify", false, "run what the kernel would reject; it stops where it does something wrong")
	f.StringVar(&o.arch, "arch", linux.AMD64.String(), "`machine` whose registers kprobes and perf events see: x86_64, arm64")
	f.StringSliceVar(&o.extensions, "extensions", nil, "run programs that no kernel loads, of a `proposal`: gtrace")
	f.StringVar(&o.injection, "error-injection", "", "the kernel has bpf_override_return for the functions that a `file` lists;\nknown: those of its sources; running: those that the running kernel lists")
	f.StringVar(&o.data, "data-in", "", "packet, from its Ethernet header on: a `FILE` or hex digits")
	f.StringVar(&o.ctx, "ctx-in", "", "context as user space sees it: a `FILE` or hex digits")
	f.IntVar(&o.repeat, "repeat", 1, "run `N` times on each CPU")
	f.IntVar(&o.cpus, "cpus", 1, "run on `N` CPUs at the same time")
	f.IntVar(&o.budget, "budget", vm.DefaultBudget, "stop a run after `N` instructions")
	f.Uint64Var(&o.seed, "seed", 0, "seed of random numbers and of hash functions")
	f.StringArrayVar(&o.maps, "map", nil, "fill a map from a `NAME=FILE` with a JSON list of {\"key\", \"value\"}")
	f.BoolVar(&o.dump, "dump-maps", false, "print the contents of the maps afterwards")
	f.BoolVar(&o.all, "load-all", false, "load all programs of the object, for tail calls")
	f.StringVar(&o.format, "format", "text", "print `text` or json")
	f.StringVar(&o.scenario, "scenario", "", "load all programs of the object and play the events of a YAML `FILE`")
	o.pcap.addFlags(f)
	o.watch.addFlags(f)
	return cmd
}

// check refuses flags that do not go together.
func (o *runOptions) check() error {
	switch {
	case o.format != "text" && o.format != "json":
		return fmt.Errorf("--format %q: want text or json", o.format)
	case o.repeat < 1:
		return fmt.Errorf("--repeat %d: want at least 1", o.repeat)
	case o.cpus < 1 || o.cpus > maxCPUs:
		return fmt.Errorf("--cpus %d: want 1 to %d", o.cpus, maxCPUs)
	case o.budget < 1:
		return fmt.Errorf("--budget %d: want at least 1", o.budget)
	case o.watch.trace && o.cpus > 1:
		return fmt.Errorf("--trace shows one CPU; leave out --cpus")
	case o.watch.trace && o.watch.records():
		return fmt.Errorf("--trace cannot be had together with a profile or coverage")
	}
	return o.pcap.check(o)
}

// maxCPUs bounds --cpus; each CPU has a goroutine and copies of per-CPU maps.
const maxCPUs = 1024

func (o *runOptions) run(c *console, path string) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.scenario != "" {
		return o.play(c, path)
	}
	in, err := o.input()
	if err != nil {
		return err
	}
	spec, name, err := o.find(path, c.stdin)
	if err != nil {
		return err
	}
	goal, err := o.target()
	if err != nil {
		return err
	}
	doubts, err := o.verify(spec, name)
	if err != nil {
		return err
	}
	clock := &replay.Clock{}
	config := exec.Config{
		CPUs: o.cpus, Seed: o.seed, Budget: o.budget, Observer: o.watch.observer(c), MixedArrays: o.noVerify,
		Trace: func(line string) { fmt.Fprintf(c.stderr, "trace_printk: %s\n", line) },
	}
	if o.pcap.in != "" {
		config.Now = clock.Now
	}
	machine, program, err := o.load(spec, name, goal, config)
	if err != nil {
		return err
	}
	c.warn(doubts)
	o.watch.start()
	result, err := o.execute(c, machine, program, in, clock)
	if err := o.watch.finish(c); err != nil {
		return err
	}
	if result != nil {
		if err := o.print(c.stdout, result); err != nil {
			return err
		}
	}
	return err
}

// oneObject wants the object as the only argument.
func oneObject(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments: want one object; %q tells more", len(args), cmd.CommandPath()+" --help")
	}
	return nil
}

// target is the kernel that programs are linked for.
func (o *runOptions) target() (*prog.Target, error) {
	kernel, err := target.Parse(o.kernel)
	if err != nil {
		return nil, fmt.Errorf("--kernel: %w", err)
	}
	t := target.For(kernel, linux.CapAll, "")
	if t.Arch, err = linux.ParseArch(o.arch); err != nil {
		return nil, fmt.Errorf("--arch: %w", err)
	}
	if t.Extensions, err = linux.ParseExtensions(o.extensions); err != nil {
		return nil, fmt.Errorf("--extensions: %w", err)
	}
	if _, err := target.Injects(o.injection, kernel.Version); err != nil {
		return nil, fmt.Errorf("--error-injection: %w", err)
	}
	return t, nil
}

// execute runs the program once, or for all packets of a capture. What became of
// the packets before one that fails is a result as well.
func (o *runOptions) execute(c *console, m *exec.Machine, p *exec.Program, in exec.Input, clock *replay.Clock) (*result, error) {
	var r *result
	var failed error
	if o.pcap.in != "" {
		found, err := o.pcap.run(c, p, clock)
		if found == nil {
			return nil, err
		}
		r, failed = replayed(p, found), err
	} else {
		out, err := runOnAll(p, in, m.CPUs())
		if err != nil {
			return nil, o.advise(p, err)
		}
		r = newResult(p, out)
	}
	if o.dump {
		r.addMaps(m)
	}
	return r, failed
}

// runOnAll runs the program on all CPUs at the same time and returns what the
// first left.
func runOnAll(p *exec.Program, in exec.Input, cpus int) (*exec.Output, error) {
	type answer struct {
		out *exec.Output
		err error
	}
	answers := make([]chan answer, cpus)
	for cpu := range cpus {
		answers[cpu] = make(chan answer, 1)
		go func() {
			mine := in
			mine.CPU = cpu
			out, err := p.Run(mine)
			answers[cpu] <- answer{out, err}
		}()
	}
	var first *exec.Output
	var failed error
	for cpu, c := range answers {
		a := <-c
		if a.err != nil && failed == nil {
			failed = a.err
		}
		if cpu == 0 {
			first = a.out
		}
	}
	return first, failed
}

// programNames lists the programs that are loaded.
func (o *runOptions) programNames(spec *ebpf.CollectionSpec, name string) []string {
	if !o.all {
		return []string{name}
	}
	var names []string
	for n := range spec.Programs {
		names = append(names, n)
	}
	return names
}
