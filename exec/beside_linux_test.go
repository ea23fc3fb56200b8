package exec_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/internal/both"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

var (
	objectGlobs = flag.String("objects", "../testdata/objects/*.o", "globs of objects to run here and in the kernel, separated by commas")
	onlyProgram = flag.String("program", "", "run only programs of this name")
	verbose     = flag.Bool("missing", false, "list the programs that need something that is not simulated")
)

// TestBeside runs the programs of objects here and in the running kernel, and
// compares what they return and leave: the packet, the context, the maps.
func TestBeside(t *testing.T) {
	if testing.Short() {
		t.Skip("loads several hundred programs")
	}
	paths := besidePaths(t)
	runtime.LockOSThread() // the CPU number is visible to programs
	pinToFirstCPU(t)
	kernel, err := oracle.Open()
	if err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	c := &besides{kernel: kernel, why: make(map[string]int), recorded: make(map[string][]string)}
	for _, path := range paths {
		image, err := os.ReadFile(path)
		require.NoError(t, err)
		spec, err := load.Parse(image)
		if err != nil {
			c.why["not an object that can be read"]++
			continue
		}
		var names []string
		for name, p := range spec.Programs {
			if both.Runnable(p.Type, p.AttachType) && (*onlyProgram == "" || *onlyProgram == name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			object := filepath.Base(path)
			if why, ok := notComparable[object+" "+name]; ok && *onlyProgram == "" {
				c.why[why]++
				continue
			}
			c.program(t, object, spec, name)
		}
	}
	t.Logf("%d programs, %d runs are the same; left out: %v", c.programs, c.runs, c.why)
	require.NotZero(t, c.runs)
	if *update && !t.Failed() {
		c.record(t)
	}
}

func besidePaths(t *testing.T) (paths []string) {
	for glob := range strings.SplitSeq(*objectGlobs, ",") {
		list, err := filepath.Glob(glob)
		require.NoError(t, err)
		paths = append(paths, list...)
	}
	return paths
}

// notComparable are programs whose results differ on purpose, and why.
var notComparable = map[string]string{
	"caps_socket.bpf.o returns_address":                "shows an address",
	"caps_socket.bpf.o stores_address":                 "shows an address",
	"socket_pointer_return.bpf.o tell":                 "shows an address",
	"testdata_ksym-el.elf ksym_test":                   "shows an address",
	"testdata_ksym-el.elf missing_ksym_test":           "shows an address",
	"testdata_ksym-el.elf missing_weak_ksym_test":      "shows an address",
	"testdata_ksym-el.elf typed_ksym_test":             "shows an address",
	"func_argument_tags.bpf.o null_passes_for_nonnull": "the kernel does not survive it",
	"func_tags.bpf.o passes_null_number":               "the kernel does not survive it",
	"legacy_iproute2.bpf.o first":                      "only iproute2 fills its program array",
}

type besides struct {
	kernel         *oracle.Kernel
	programs, runs int
	why            map[string]int
	recorded       map[string][]string // digests, by object and program
}

// record writes what the runs left.
func (c *besides) record(t *testing.T) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.recorded)) {
		fmt.Fprintf(&b, "%s %s\n", name, strings.Join(c.recorded[name], " "))
	}
	require.NoError(t, os.WriteFile(besideFile, []byte(b.String()), 0o644))
}

// note keeps the digest of what a run left, if runs of the kernel agree in it.
func (c *besides) note(name string, left [3][]both.Line) {
	digest := oldBytes
	if len(both.Different(left[1], left[2], left[2])) == 0 {
		digest = linesDigest(left[0])
	}
	c.recorded[name] = append(c.recorded[name], digest)
}

func (c *besides) program(t *testing.T, object string, spec *ebpf.CollectionSpec, name string) {
	p, err := prog.Link(spec, name, c.kernel.Target())
	if err != nil {
		c.why["link"]++
		return
	}
	if slices.ContainsFunc(p.Insns, isRandom) {
		c.why["random"]++
		return
	}
	var sides [3]both.Side
	for i := range sides {
		if i == 0 {
			sides[i], err = both.Here(spec, name, c.kernel.Target(), ebpf.MustPossibleCPU())
			if err != nil {
				c.why["load here: "+err.Error()]++
				continue
			}
		} else if sides[i], err = both.Kernel(spec, name); err != nil {
			c.why["kernel refuses"]++
			return
		}
		defer sides[i].Close()
	}
	if sides[0] == nil {
		// The library that loads it for the kernel drops what is wrong with it.
		t.Logf("%s %s: not loaded here", object, name)
		return
	}
	c.programs++
	c.inputs(t, object+" "+name, p.Type, sides)
}

// inputs runs a program with all inputs; the kernel does so twice.
func (c *besides) inputs(t *testing.T, name string, typ ebpf.ProgramType, sides [3]both.Side) {
	inputs := both.Inputs(typ)
	for i := range inputs {
		left, errs := runSides(sides, &inputs[i], i == len(inputs)-1)
		var missing *helper.NotSimulated
		var fault *mem.Fault
		switch {
		case errors.As(errs[0], &missing):
			c.why[missing.Name]++
			if *verbose {
				t.Logf("%s: %v", name, errs[0])
			}
			return
		case errors.As(errs[0], &fault):
			t.Errorf("%s, %s: %v", name, inputs[i].Name, errs[0])
			return
		case errs[1] != nil && errs[0] != nil:
			c.runs++
			c.recorded[name] = append(c.recorded[name], refused)
			continue
		case errs[1] != nil:
			t.Errorf("%s, %s: runs, the kernel says %v", name, inputs[i].Name, errs[1])
			return
		case errs[0] != nil:
			t.Errorf("%s, %s: %v; the kernel runs it", name, inputs[i].Name, errs[0])
			return
		}
		if list := both.Different(left[0], left[1], left[2]); len(list) > 0 {
			t.Errorf("%s, %s:\n  %s", name, inputs[i].Name, strings.Join(list[:min(len(list), 6)], "\n  "))
			return
		}
		c.runs++
		c.note(name, left)
	}
}

// runSides runs a program on all sides. The kernel runs only what came to an end
// here: there are programs which it accepts and does not survive.
func runSides(sides [3]both.Side, in *both.Input, end bool) (left [3][]both.Line, errs [3]error) {
	for j, s := range sides {
		left[j], errs[j] = s.Run(in)
		var stopped *exec.RunError
		if errors.As(errs[j], &stopped) {
			return left, errs
		}
		left[j] = append(left[j], s.Contents(end)...)
	}
	return left, errs
}
