package exec_test

import (
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

var (
	update    = flag.Bool("update", false, "record what the running kernel answers")
	firstSeed = flag.Uint64("seed", 0, "how many generated programs to leave out")
	programs  = flag.Uint64("programs", 100, "number of generated programs of each kind to compare with the running kernel")
)

const (
	generatedDir  = "testdata/generated"
	recordedCount = 500 // of each kind
	// generatedBudget is far more than a generated program takes. What takes
	// longer is not given to a kernel.
	generatedBudget = 1 << 20
)

// foundSeeds are those that found a difference once.
var foundSeeds = map[string][]uint64{
	"tc": {
		56053, // a packet that ends before its network header
		70353, // a sum of 32 bits is never zero
	},
}

// recordedSeeds are the seeds of the lines of a kind's file.
func recordedSeeds(kind *generate.Kind) (seeds []uint64) {
	for seed := range uint64(recordedCount) {
		seeds = append(seeds, seed)
	}
	return append(seeds, foundSeeds[kind.Name]...)
}

// What stands in a file instead of a digest.
const (
	refused  = "-" // by the kernel
	tooLong  = "~" // for the budget
	oldBytes = "?" // the kernel left memory that it had not initialized
	badInput = "input refused\n"
)

// mapReader is what a digest needs of a map. Pop is for maps without keys.
type mapReader interface {
	Get(key []byte) ([]byte, bool)
	Pop() ([]byte, bool)
}

// leftText is what a run left; the maps without keys are emptied. Of per-CPU
// values it takes the first CPU's, on which programs run.
func leftText(kind *generate.Kind, ret uint32, data, ctx []byte, open func(i int) mapReader) string {
	h := new(strings.Builder)
	if kind.KeepsContext {
		ctx = nil
	}
	fmt.Fprintf(h, "%#x %x %x\n", ret, data, ctx)
	for i, spec := range kind.Maps() {
		m := open(i)
		switch {
		case spec.Type == ebpf.ProgramArray:
		case spec.KeySize == 0:
			for v, ok := m.Pop(); ok; v, ok = m.Pop() {
				fmt.Fprintf(h, "%s %x\n", spec.Name, v)
			}
		default:
			for n := range generate.Keys {
				if v, ok := m.Get(generate.Key(spec, n)); ok {
					fmt.Fprintf(h, "%s %d %x\n", spec.Name, n, v[:spec.ValueSize])
				}
			}
		}
	}
	return h.String()
}

// digest sums up what a run left in eight letters.
func digest(text string) string {
	if text == refused || text == tooLong || text == oldBytes {
		return text
	}
	h := fnv.New64a()
	h.Write([]byte(text))
	return fmt.Sprintf("%016x", h.Sum64())[8:]
}

// hereMap is a map of this machine.
type hereMap struct{ *exec.Map }

func (m hereMap) Get(key []byte) ([]byte, bool) {
	v, err := m.Lookup(key)
	return v, err == nil
}

func (m hereMap) Pop() ([]byte, bool) {
	v := make([]byte, m.Spec().ValueSize)
	stack, ok := m.Raw().(maps.Stack)
	return v, ok && stack.Pop(v) == errno.OK
}

// generated is a program, those in its program array, and its input.
type generated struct {
	kind      *generate.Kind
	main      *generate.Made
	tails     []*generate.Made
	data, ctx []byte
}

func generateSeed(kind *generate.Kind, seed uint64) *generated {
	g := &generated{kind: kind, main: kind.Make(seed)}
	if kind.Tails != nil {
		g.tails = kind.Tails(seed)
	}
	g.data, g.ctx = kind.Input(seed)
	return g
}

// load loads the program and those that it calls.
func (g *generated) load(m *exec.Machine) (*exec.Program, error) {
	load := func(name string, made *generate.Made) (*exec.Program, error) {
		p := prog.FromSlots(&prog.Target{}, g.kind.Type, made.Insns, g.kind.Maps()...)
		p.Name, p.AttachType, p.Flags = name, g.kind.Attach, g.kind.Flags
		return m.Load(p)
	}
	main, err := load("main", g.main)
	for i, made := range g.tails {
		if err != nil {
			break
		}
		var tail *exec.Program
		if tail, err = load(fmt.Sprintf("tail%d", i), made); err == nil {
			err = m.Map("progs").SetProgram(uint32(i), tail)
		}
	}
	return main, err
}

// run returns what the program leaves here. A program that a kernel accepts has
// no faults.
func (g *generated) run() (string, error) {
	m := exec.New(exec.Config{CPUs: 2, Budget: generatedBudget})
	main, err := g.load(m)
	if err != nil {
		return "", err
	}
	out, err := main.Run(exec.Input{Data: g.data, Ctx: g.ctx})
	var stopped *exec.RunError
	switch {
	case errors.Is(err, vm.ErrBudget):
		return tooLong, nil
	case errors.As(err, &stopped):
		return "", err
	case err != nil:
		return badInput, nil
	}
	return leftText(g.kind, out.Return, out.Data, out.Ctx[:min(len(g.ctx), len(out.Ctx))], func(i int) mapReader {
		return hereMap{m.Map(g.kind.Maps()[i].Name)}
	}), nil
}

// TestGenerated compares generated programs with what a kernel was seen to
// answer.
func TestGenerated(t *testing.T) {
	for _, kind := range generate.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			file := filepath.Join(generatedDir, kind.Name+".txt")
			seeds := recordedSeeds(&kind)
			if *update {
				recordGenerated(t, &kind, file, seeds)
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			answers := strings.Fields(string(text))
			require.Len(t, answers, len(seeds))
			compared := 0
			for i, want := range answers {
				if want == refused || want == tooLong || want == oldBytes {
					continue
				}
				compared++
				got, err := generateSeed(&kind, seeds[i]).run()
				require.NoError(t, err, "seed %d", seeds[i])
				require.Equal(t, want, digest(got), "seed %d", seeds[i])
			}
			require.Greater(t, compared, recordedCount*8/10)
		})
	}
}
