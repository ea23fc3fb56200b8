package embedding_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

var (
	programs = flag.Uint64("programs", 300, "number of accepted programs of each generator")
	first    = flag.Uint64("seed", 0, "seed of the first generated program")
)

// maxStates bounds the states of a program that is looked at. Programs with
// more are left out.
const maxStates = 4000

// maxTries is how many programs are generated for each that is to be accepted.
const maxTries = 20

var errTooMany = errors.New("too many states")

// states are those that the abstract machine explored, by instruction.
type states map[int][]absint.Observation

// explore returns the states of a program, nil when it is not accepted or has
// too many.
func explore(p *prog.Program) states {
	if precheck.Check(p) != nil {
		return nil
	}
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		return nil
	}
	seen, n := make(states), 0
	res, err := verify(p, g, absint.Options{Observe: func(o *absint.Observation) {
		if n++; n > maxStates {
			panic(errTooMany)
		}
		seen[o.Insn] = append(seen[o.Insn], *o)
	}})
	if err != nil || res.Verdict != absint.Accept {
		return nil
	}
	return seen
}

// verify turns the panic of an observer that has seen enough into an error.
func verify(p *prog.Program, g *cfg.Graph, o absint.Options) (res *absint.Result, err error) {
	defer func() {
		if r := recover(); r == errTooMany {
			err = errTooMany
		} else if r != nil {
			panic(r)
		}
	}()
	return absint.Verify(p, g, o)
}

// checker is an exec.Observer that looks for a state around each step.
type checker struct {
	states states
	steps  int
	failed string // the first step outside of all states
}

func (*checker) CPU(*vm.CPU) {}

func (k *checker) Program(p *prog.Program) vm.Observer {
	return vm.Observer{Probe: func(slot int, _ bool) vm.Probe {
		text := cfg.Disasm(p.Insns, slot)
		return func(c *vm.CPU, slot int) {
			k.steps++
			if k.failed == "" && !k.inside(c, slot) {
				k.failed = k.explain(c, slot, text)
			}
		}
	}}
}

// inside reports whether a state has the registers of the CPU.
func (k *checker) inside(c *vm.CPU, slot int) bool {
	list := k.states[slot]
	for i := len(list) - 1; i >= 0; i-- {
		if covers(&list[i], c) {
			return true
		}
	}
	return false
}

func covers(o *absint.Observation, c *vm.CPU) bool {
	if o.Depth != c.Depth() {
		return false
	}
	for r := range o.Regs {
		if (o.Live|1<<cfg.FP)&(1<<r) != 0 && !contains(&o.Regs[r], c.R[r], c) {
			return false
		}
	}
	return true
}

// contains reports whether a register may hold a value. Of pointers it checks
// what can be known of them: those to the stack wholly, others by the region
// that they point into.
func contains(r *absint.Register, v uint64, c *vm.CPU) bool {
	if r.Kind == "?" || r.MayNull && v == 0 {
		return true
	}
	switch r.Kind {
	case "scalar":
		return holds(r, v)
	case "fp":
		return holds(r, v-mem.Addr(stackRegion+r.Frame)-vm.StackSize-uint64(int64(r.Off)))
	}
	return c.Mem.Info(v) != nil
}

// stackRegion is the region of the first frame, which is the second of a CPU.
const stackRegion = vm.FirstFreeRegion - vm.MaxFrames

func holds(r *absint.Register, v uint64) bool {
	n := &r.Num
	return v&^n.Tnum.Mask == n.Tnum.Value &&
		n.UMin <= v && v <= n.UMax && n.SMin <= int64(v) && int64(v) <= n.SMax &&
		n.Low.UMin <= uint32(v) && uint32(v) <= n.Low.UMax && n.Low.SMin <= int32(v) && int32(v) <= n.Low.SMax
}

func (k *checker) explain(c *vm.CPU, slot int, text string) string {
	s := fmt.Sprintf("%d: %s\n  registers %x at depth %d", slot, text, c.R[:vm.NumRegs], c.Depth())
	for _, o := range k.states[slot] {
		s += fmt.Sprintf("\n  depth %d", o.Depth)
		for r := range o.Regs {
			if o.Live&(1<<r) != 0 {
				v := &o.Regs[r]
				s += fmt.Sprintf(" R%d=%s%+d[%x/%x %x-%x]", r, v.Kind, v.Off, v.Num.Tnum.Value, v.Num.Tnum.Mask, v.Num.UMin, v.Num.UMax)
			}
		}
	}
	return s
}

// tally counts what a test has compared.
type tally struct{ programs, runs, steps, stopped int }

// check runs an accepted program on some inputs. A helper that is not
// simulated ends a run; what came before it counts.
func (n *tally) check(t *testing.T, what string, p *prog.Program, inputs []exec.Input) bool {
	seen := explore(p)
	if seen == nil {
		return false
	}
	k := &checker{states: seen}
	loaded, err := exec.New(exec.Config{Observer: k}).Load(p)
	if err != nil {
		return false
	}
	n.programs++
	for _, in := range inputs {
		if _, err := loaded.Run(in); err != nil {
			n.stopped++
			continue
		}
		n.runs++
	}
	n.steps += k.steps
	require.Empty(t, k.failed, what)
	return true
}

func (n *tally) log(t *testing.T) {
	t.Logf("%d accepted programs, %d runs to the end, %d that stopped, %d steps, all inside the states", n.programs, n.runs, n.stopped, n.steps)
}

// TestArithmetic takes programs of type syscall, nearly all of which are
// accepted and run to their end.
func TestArithmetic(t *testing.T) {
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	var n tally
	for seed := *first; n.programs < int(*programs) && seed < *first+maxTries**programs; seed++ {
		p := prog.FromSlots(goal, ebpf.Syscall, generate.Program(seed), generate.Maps()...)
		p.Flags = 1 << 4 // sleepable, as this type must be
		n.check(t, fmt.Sprintf("seed %d", seed), p, []exec.Input{
			{Ctx: generate.Context(seed)}, {Ctx: generate.Context(seed + 1)}, {Ctx: make([]byte, generate.CtxLen)},
		})
	}
	n.log(t)
	require.EqualValues(t, *programs, n.programs)
}

// TestPrograms takes programs of many types with maps, packets and functions.
func TestPrograms(t *testing.T) {
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	var n tally
	for seed := *first; n.programs < int(*programs) && seed < *first+maxTries**programs; seed++ {
		made := gen.Make(seed)
		p := prog.FromSlots(goal, made.Type, made.Insns, gen.Maps()...)
		n.check(t, fmt.Sprintf("seed %d", seed), p, inputs(made.Type, seed))
	}
	n.log(t)
	require.EqualValues(t, *programs, n.programs)
}

// inputs are packets for the types that take them, and for the others contexts.
func inputs(typ ebpf.ProgramType, seed uint64) []exec.Input {
	var list []exec.Input
	r := rand.New(rand.NewPCG(seed, 3))
	for _, n := range []int{14, 64, 200} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		binary.BigEndian.PutUint16(b[12:], 0x0800)
		switch typ {
		case ebpf.XDP, ebpf.SchedCLS, ebpf.SchedACT, ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit, ebpf.SkSKB, ebpf.SkMsg:
			list = append(list, exec.Input{Data: b})
		default:
			list = append(list, exec.Input{Ctx: append(b, make([]byte, 512)...)})
		}
	}
	return list
}

// takesObjects reports whether the context holds objects of the kernel, which
// made-up bytes are not.
func takesObjects(typ ebpf.ProgramType) bool {
	switch typ {
	case ebpf.Tracing, ebpf.LSM, ebpf.StructOps, ebpf.Extension:
		return true
	}
	return false
}

// hasGlobals reports whether functions are explored alone, as if nobody called
// them, so that the states of a call are not those of the function.
func hasGlobals(p *prog.Program) bool {
	for _, f := range p.Funcs[1:] {
		if p.ExtInfo && f.Type != nil && f.Type.Linkage == btf.GlobalFunc {
			return true
		}
	}
	return false
}

// TestFindsViolations runs a program inside the states of another.
func TestFindsViolations(t *testing.T) {
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	constant := func(n int32) *prog.Program {
		return prog.FromSlots(goal, ebpf.XDP, []cfg.Insn{
			{Op: cfg.ClassALU64 | cfg.AluMOV, Imm: n}, {Op: cfg.OpEXIT},
		})
	}
	k := &checker{states: explore(constant(1))}
	loaded, err := exec.New(exec.Config{Observer: k}).Load(constant(2))
	require.NoError(t, err)
	_, err = loaded.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(t, err)
	require.Contains(t, k.failed, "1: (95) exit")
}

// TestCorpus takes the programs of real objects.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("explores all programs of the corpus")
	}
	dir, ok := upward.Find("shared/corpus/objects")
	if !ok {
		t.Skip("no corpus above the repository")
	}
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	var n tally
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		spec, err := ebpf.LoadCollectionSpec(path)
		if err != nil {
			return nil // not an object that this library reads
		}
		for name := range spec.Programs {
			p, err := prog.Link(spec, name, goal)
			if err == nil && !takesObjects(p.Type) && !hasGlobals(p) {
				n.check(t, filepath.Base(path)+" "+name, p, inputs(p.Type, 1))
			}
		}
		return nil
	}))
	n.log(t)
}
