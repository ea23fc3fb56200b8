// Compare asks the running kernel and the abstract machine about random
// programs and shrinks those about which they disagree.
//
//	go run ./internal/gen/compare -n 100000 -seed 1
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/vlog"
	"github.com/bpflint/bpflint/prog"
)

var digits = regexp.MustCompile(`-?[0-9]+`)

var (
	count    = flag.Uint64("n", 10000, "number of programs")
	seed     = flag.Uint64("seed", 1, "seed of the first program")
	show     = flag.Int("show", 5, "disagreements of each class to show")
	caps     = flag.String("caps", "all", "capabilities of the process that loads")
	funcs    = flag.Bool("funcs", false, "programs with typed functions and callbacks")
	messages = flag.Bool("messages", false, "also count and show rejections with different messages")
)

// judge is both verifiers.
type judge struct {
	kernel  *oracle.Kernel
	raw     *oracle.Raw
	session *oracle.Session // for programs with types
	target  *prog.Target
	maps    []*ebpf.MapSpec
}

// said is what the two said of a program.
type said struct {
	class           string
	kernel, machine string
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run() error {
	kernel, err := oracle.Open()
	if err != nil {
		return err
	}
	j := &judge{kernel: kernel, target: kernel.Target(), maps: mapsOf(kernel.Version())}
	if j.target.Caps, err = linux.ParseCaps(*caps); err != nil {
		return err
	}
	if j.raw, err = kernel.NewRaw(j.maps, 0); err != nil {
		return err
	}
	defer j.raw.Close()
	if *funcs {
		j.session = kernel.NewSession()
		defer j.session.Close()
	}
	classes := map[string]int{}
	for s := *seed; s < *seed+*count; s++ {
		p := program(s, j.target.Caps)
		got := j.ask(p)
		classes[got.class]++
		if strings.HasPrefix(got.class, "agree") || strings.HasPrefix(got.class, "unsupported") || classes[got.class] > *show {
			continue
		}
		small := gen.Shrink(p, func(q gen.Program) bool { return j.ask(q).class == got.class })
		print(s, small, j.ask(small))
	}
	report(classes)
	return nil
}

func program(seed uint64, caps linux.Caps) gen.Program {
	if *funcs {
		return gen.MakeFuncs(seed)
	}
	return gen.MakeFor(seed, caps)
}

// mapsOf returns the generator's maps; one of a type that the kernel lacks is
// an array instead.
func mapsOf(v linux.Version) []*ebpf.MapSpec {
	maps := gen.Maps()
	for i, m := range maps {
		if since, ok := linux.MapTypeSince(uint32(m.Type)); ok && !v.AtLeast(since) {
			maps[i] = &ebpf.MapSpec{Name: m.Name, Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 4}
		}
	}
	return maps
}

// shorten makes one class of messages that differ in numbers or states.
func shorten(message string) string {
	message = digits.ReplaceAllString(message, "N")
	return message[:min(len(message), 60)]
}

// ask compares the verdicts.
func (j *judge) ask(p gen.Program) said {
	machine, feature := j.machine(p)
	if feature != "" {
		return said{class: "unsupported: " + feature}
	}
	kernel, silent := j.load(j.raw, p)
	if silent && machine == "" {
		// Some maps belong to the type of the program that used them first.
		if fresh, err := j.kernel.NewRaw(j.maps, 0); err == nil {
			kernel, _ = j.load(fresh, p)
			fresh.Close()
		}
	}
	s := said{"agree", kernel, machine}
	switch {
	case kernel == "" && machine != "":
		s.class = "false reject"
	case strings.HasPrefix(kernel, "verifier bug"):
		s.class = "unsupported: bugs of the kernel"
	case kernel != "" && machine == "":
		s.class = "false accept"
	case kernel == "":
		s.class = "agree: accept"
	case *messages && kernel != machine:
		s.class = "message"
	default:
		s.class = "agree: reject: " + shorten(kernel)
	}
	return s
}

// load returns the kernel's message, "" when it accepts; silent says that there
// was only an error number.
func (j *judge) load(raw *oracle.Raw, p gen.Program) (message string, silent bool) {
	if len(p.Funcs) > 0 {
		return j.loadTyped(p)
	}
	r := &oracle.RawProgram{Type: p.Type, Insns: p.Insns}
	if j.target.Caps != linux.CapAll {
		r.Caps = &j.target.Caps
	}
	if raw.Load(r, oracle.LogNone).Errno == 0 {
		return "", false
	}
	a := raw.Load(r, oracle.LogStats)
	log := vlog.Summarize(string(a.Log))
	if log.Last() == "" {
		return a.Errno.String(), true
	}
	return log.Last(), false
}

// loadTyped is load for a program with types.
func (j *judge) loadTyped(p gen.Program) (message string, silent bool) {
	linked, err := j.link(p)
	if err != nil {
		return err.Error(), false
	}
	r, err := j.session.Load(linked, oracle.Options{})
	switch {
	case err != nil:
		return err.Error(), false
	case r.Verdict == oracle.Accept:
		return "", false
	case r.Message == "":
		return r.Errno + r.SkipReason, true
	}
	return r.Message, false
}

func (j *judge) link(p gen.Program) (*prog.Program, error) {
	linked := prog.FromSlots(j.target, p.Type, p.Insns, j.maps...)
	linked.License = "GPL"
	return linked, p.AddTypes(linked)
}

// machine returns the machine's message, "" when it accepts, or the feature
// that it lacks.
func (j *judge) machine(p gen.Program) (message, feature string) {
	linked, err := j.link(p)
	if err != nil {
		return err.Error(), ""
	}
	if r := precheck.Check(linked); r != nil {
		return r.Error(), ""
	}
	g, err := cfg.Build(linked.Insns, cfg.Options{})
	if err != nil {
		return err.Error(), ""
	}
	r, err := absint.Verify(linked, g, absint.Options{})
	switch {
	case err != nil:
		return err.Error(), ""
	case r.Verdict == absint.Unsupported:
		return "", r.Feature
	case r.Verdict == absint.Reject:
		return strings.TrimSpace("reject: " + r.Message)[len("reject: "):], ""
	}
	return "", ""
}

func print(seed uint64, p gen.Program, s said) {
	fmt.Printf("%s, seed %d, %v\n  kernel:  %q\n  machine: %q\n", s.class, seed, p.Type, s.kernel, s.machine)
	for i := 0; i < len(p.Insns); i += p.Insns[i].Size() {
		fmt.Printf("  %3d: %s\n", i, cfg.Disasm(p.Insns, i))
	}
}

// report prints the sum first, then all classes of disagreement and the most
// frequent other ones.
func report(classes map[string]int) {
	var keys []string
	sums := map[string]int{}
	for k, n := range classes {
		keys = append(keys, k)
		kind, _, _ := strings.Cut(k, ":")
		sums[kind] += n
		sums["all"] += n
	}
	fmt.Printf("%d programs: %d false accepts, %d false rejects, %d with different messages, %d unsupported, %d accepted by both\n",
		sums["all"], sums["false accept"], sums["false reject"], sums["message"], sums["unsupported"], classes["agree: accept"])
	sort.Slice(keys, func(a, b int) bool {
		one, other := strings.HasPrefix(keys[a], "agree"), strings.HasPrefix(keys[b], "agree")
		if one != other {
			return other
		}
		return classes[keys[a]] > classes[keys[b]]
	})
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	for i, k := range keys {
		if i > 60 && strings.HasPrefix(k, "agree") {
			break
		}
		fmt.Fprintf(w, "%s\t%d\n", k, classes[k])
	}
	w.Flush()
}
