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

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/gen/campaign"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
)

var digits = regexp.MustCompile(`-?[0-9]+`)

var (
	all      = campaign.Campaign{Count: 10000, Show: 5}
	caps     = flag.String("caps", "all", "capabilities of the process that loads")
	typed    = flag.Bool("typed", false, "programs that use the kernel's types and functions, and typed functions and callbacks")
	logs     = flag.String("logs", "", "folder for both logs of what is shown")
	messages = flag.Bool("messages", false, "also count and show rejections with different messages")
)

// said is what the two said of a program.
type said struct {
	class           string
	kernel, machine string
}

// like reports whether the two said the same of another program, numbers aside.
func (s said) like(o said) bool {
	return s.class == o.class && shorten(s.kernel) == shorten(o.kernel) && shorten(s.machine) == shorten(o.machine)
}

func main() {
	all.Flags()
	campaign.Main("compare", run)
}

func run() (int, error) {
	kernel, err := oracle.Open()
	if err != nil {
		return 0, err
	}
	j := &judge{kernel: kernel, target: kernel.Target(), maps: mapsOf(kernel.Version())}
	if j.target.Caps, err = linux.ParseCaps(*caps); err != nil {
		return 0, err
	}
	if err := j.enterWorld(); err != nil {
		return 0, err
	}
	if j.raw, err = kernel.NewRaw(j.maps, 0); err != nil {
		return 0, err
	}
	defer j.raw.Close()
	classes := map[string]int{}
	if err := all.Each(func(seed uint64) error { return j.compare(seed, classes) }); err != nil {
		return 0, err
	}
	return report(classes), nil
}

// compare asks both about the program of a seed and counts the outcome.
func (j *judge) compare(seed uint64, classes map[string]int) error {
	p := j.program(seed)
	got := j.ask(p)
	classes[got.class]++
	if strings.HasPrefix(got.class, "agree") || strings.HasPrefix(got.class, "unsupported") || classes[got.class] > all.Show {
		return nil
	}
	small := gen.Shrink(p, func(q gen.Program) bool { return j.ask(q).like(got) })
	print(seed, small, j.ask(small))
	return j.writeLogs(seed, small)
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

func print(seed uint64, p gen.Program, s said) {
	fmt.Printf("%s, seed %d, %v %s flags %d\n  kernel:  %q\n  machine: %q\n", s.class, seed, p.Type, p.AttachTo, p.Flags, s.kernel, s.machine)
	for i := 0; i < len(p.Insns); i += p.Insns[i].Size() {
		fmt.Printf("  %3d: %s\n", i, cfg.Disasm(p.Insns, i))
	}
}

// report prints the sum first, then all classes of disagreement and the most
// frequent other ones, and returns the number of disagreements.
func report(classes map[string]int) int {
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
	return sums["false accept"] + sums["false reject"] + sums["message"]
}
