package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// runOptions are the flags of "bpfexec run".
type runOptions struct {
	program, kernel  string
	data, ctx        string
	repeat, cpus     int
	budget           int
	seed             uint64
	maps             []string
	dump, all, trace bool
	format           string
}

func runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run OBJECT",
		Short: "Run a program of an object",
		Long: `run calls a program with a packet or a context, as BPF_PROG_TEST_RUN does, and
prints what it returns and what it left. Nothing is random: time, random
numbers and hash functions follow from --seed.`,
		Example: `  bpfexec run xdp.bpf.o --data-in packet.bin
  bpfexec run tc.bpf.o --program ingress --data-in 'ffffffffffff 000000000000 0800' --dump-maps
  bpfexec run tool.bpf.o --ctx-in regs.bin --map config=config.json --trace`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(args[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.program, "program", "", "run the program `NAME`; may be left out when there is only one")
	f.StringVar(&o.kernel, "kernel", linux.DefaultTarget().String(), "link for the Linux `VERSION`")
	f.StringVar(&o.data, "data-in", "", "packet, from its Ethernet header on: a `FILE` or hex digits")
	f.StringVar(&o.ctx, "ctx-in", "", "context as user space sees it: a `FILE` or hex digits")
	f.IntVar(&o.repeat, "repeat", 1, "run `N` times on each CPU")
	f.IntVar(&o.cpus, "cpus", 1, "run on `N` CPUs at the same time")
	f.IntVar(&o.budget, "budget", vm.DefaultBudget, "stop a run after `N` instructions")
	f.Uint64Var(&o.seed, "seed", 0, "seed of random numbers and of hash functions")
	f.StringArrayVar(&o.maps, "map", nil, "fill a map from a `NAME=FILE` with a JSON list of {\"key\", \"value\"}")
	f.BoolVar(&o.dump, "dump-maps", false, "print the contents of the maps afterwards")
	f.BoolVar(&o.all, "load-all", false, "load all programs of the object, for tail calls")
	f.BoolVar(&o.trace, "trace", false, "print each instruction with the registers that changed")
	f.StringVar(&o.format, "format", "text", "print `text` or json")
	return cmd
}

func (o *runOptions) run(path string, stdin io.Reader, stdout, stderr io.Writer) error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--format %q: want text or json", o.format)
	}
	if o.trace && o.cpus > 1 {
		return fmt.Errorf("--trace shows one CPU; leave out --cpus")
	}
	in, err := o.input()
	if err != nil {
		return err
	}
	spec, name, err := o.find(path, stdin)
	if err != nil {
		return err
	}
	kernel, err := target.Parse(o.kernel)
	if err != nil {
		return err
	}
	config := exec.Config{
		CPUs: o.cpus, Seed: o.seed, Budget: o.budget,
		Trace: func(line string) { fmt.Fprintf(stderr, "trace_printk: %s\n", line) },
	}
	if o.trace {
		config.Probe = newTracer(stdout).probe
	}
	machine := exec.New(config)
	goal := target.New(kernel, linux.CapAll, "")
	if o.all {
		if err := machine.LoadAll(spec, goal); err != nil {
			return err
		}
	}
	program, err := machine.LoadSpec(spec, name, goal)
	if err != nil {
		return err
	}
	if err := o.fillMaps(machine); err != nil {
		return err
	}
	out, err := runOnAll(program, in, machine.CPUs())
	if err != nil {
		return err
	}
	return o.print(stdout, newResult(program, machine, out, o.dump))
}

// find reads the object and chooses the program.
func (o *runOptions) find(path string, stdin io.Reader) (*ebpf.CollectionSpec, string, error) {
	var names []string
	for object := range load.Find([]string{path}, load.Options{Stdin: stdin}) {
		if object.Err != nil {
			return nil, "", object.Err
		}
		for name := range object.Spec.Programs {
			if name == o.program {
				return object.Spec, name, nil
			}
			names = append(names, name)
		}
		if o.program == "" && len(object.Spec.Programs) == 1 {
			return object.Spec, names[len(names)-1], nil
		}
	}
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return nil, "", fmt.Errorf("%s: no program is in it", path)
	case o.program == "":
		return nil, "", fmt.Errorf("%s: choose one with --program: %s", path, strings.Join(names, ", "))
	}
	return nil, "", fmt.Errorf("%s: no program %q; there are: %s", path, o.program, strings.Join(names, ", "))
}

func (o *runOptions) input() (exec.Input, error) {
	in := exec.Input{Repeat: o.repeat}
	var err error
	if in.Data, err = fileOrHex(o.data); err != nil {
		return in, fmt.Errorf("--data-in: %w", err)
	}
	if in.Ctx, err = fileOrHex(o.ctx); err != nil {
		return in, fmt.Errorf("--ctx-in: %w", err)
	}
	return in, nil
}

// fileOrHex reads a file if there is one of that name.
func fileOrHex(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	if b, err := os.ReadFile(s); err == nil {
		return b, nil
	}
	b, err := exec.ParseHex(s)
	if err != nil {
		return nil, fmt.Errorf("%q is neither a file nor hex digits", s)
	}
	return b, nil
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

// tracer prints instructions before they run, and the registers that the one
// before changed.
type tracer struct {
	out  io.Writer
	last [vm.NumRegs]uint64
}

func newTracer(out io.Writer) *tracer { return &tracer{out: out} }

func (t *tracer) probe(p *prog.Program, slot int, _ bool) vm.Probe {
	text := disassemble(p, slot)
	return func(c *vm.CPU, slot int) {
		for i, v := range c.R[:vm.NumRegs] {
			if v != t.last[i] {
				fmt.Fprintf(t.out, "\tr%d=%#x", i, v)
				t.last[i] = v
			}
		}
		fmt.Fprintf(t.out, "\n%4d: %s", slot, text)
	}
}
