package profile_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	pprof "github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/exec/profile"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// each counts with a probe at every instruction, which is slow and simple.
type each struct{ slots []uint64 }

func (*each) CPU(*vm.CPU) {}

func (e *each) Program(p *prog.Program) vm.Observer {
	e.slots = make([]uint64, len(p.Insns))
	return vm.Observer{Probe: func(slot int, _ bool) vm.Probe {
		return func(*vm.CPU, int) { e.slots[slot]++ }
	}}
}

// dropSecondHalves makes counts comparable: the second half of a constant has
// no instruction of its own.
func dropSecondHalves(p *prog.Program, slots []uint64) []uint64 {
	for i := 1; i < len(slots); i++ {
		if p.Insns[i-1].IsWide() {
			slots[i] = 0
		}
	}
	return slots
}

// TestCountsAreExact compares the counts of blocks with those of single
// instructions, on generated programs.
func TestCountsAreExact(t *testing.T) {
	for seed := range uint64(500) {
		p := prog.FromSlots(&prog.Target{}, ebpf.Syscall, generate.Program(seed), generate.Maps()...)
		in := exec.Input{Ctx: generate.Context(seed)}
		reference, recorder := &each{}, profile.New(profile.Options{Edges: true, Packet: true})
		want := run(t, p, in, reference)
		got := run(t, p, in, recorder)
		require.Equal(t, want.Return, got.Return, "seed %d", seed)
		require.Equal(t, want.Ctx, got.Ctx, "seed %d", seed)
		require.Equal(t, want.Insns, got.Insns, "seed %d", seed)
		counts := recorder.Counts()[0]
		require.Equal(t, reference.slots, dropSecondHalves(p, counts.Slots), "seed %d", seed)
		for _, j := range counts.Jumps {
			require.Equal(t, counts.Slots[j.Slot], j.Taken+j.NotTaken, "seed %d", seed)
		}
	}
}

func run(t *testing.T, p *prog.Program, in exec.Input, o exec.Observer) *exec.Output {
	loaded, err := exec.New(exec.Config{Observer: o}).Load(p)
	require.NoError(t, err)
	out, err := loaded.Run(in)
	require.NoError(t, err)
	return out
}

// load records a program of the test objects on some CPUs.
func load(t testing.TB, object, name string, o profile.Options, cpus int) (*exec.Program, *profile.Recorder) {
	spec, err := ebpf.LoadCollectionSpec(filepath.Join("../../testdata/objects", object))
	require.NoError(t, err)
	recorder := profile.New(o)
	machine := exec.New(exec.Config{Observer: recorder, CPUs: cpus})
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	if strings.Contains(object, "tail_call") {
		require.NoError(t, machine.LoadAll(spec, goal))
		return machine.Program(name), recorder
	}
	p, err := machine.LoadSpec(spec, name, goal)
	require.NoError(t, err)
	return p, recorder
}

// udp is a packet that testdata/src/xdp_functions.bpf.c takes all functions for.
func udp() []byte {
	b := make([]byte, 64)
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	b[14], b[23] = 0x45, 17
	copy(b[26:], []byte{10, 0, 0, 1, 10, 0, 0, 2, 0x12, 0x34, 0, 53})
	return b
}

// samples sums up a value of the profile by the stack's functions, from the
// innermost on.
func samples(p *pprof.Profile, value int) map[string]int64 {
	out := make(map[string]int64)
	for _, s := range p.Sample {
		var names []string
		for _, l := range s.Location {
			for _, line := range l.Line {
				names = append(names, line.Function.Name)
			}
		}
		if s.Value[value] != 0 {
			out[strings.Join(names, " < ")] += s.Value[value]
		}
	}
	return out
}

func total(p *pprof.Profile, value int) (sum int64) {
	for _, s := range p.Sample {
		sum += s.Value[value]
	}
	return sum
}

func TestFunctions(t *testing.T) {
	const cpus, runs = 2, 10
	program, recorder := load(t, "xdp_functions.bpf.o", "balance", profile.Options{Packet: true}, cpus)
	insns := 0
	for range runs {
		for cpu := range cpus {
			out, err := program.Run(exec.Input{Data: udp(), CPU: cpu})
			require.NoError(t, err)
			insns += out.Insns
		}
	}
	p := written(t, recorder)
	require.EqualValues(t, insns, total(p, 0))
	byStack := samples(p, 0)
	require.Contains(t, byStack, "parse < balance")
	require.Contains(t, byStack, "hash_of < balance")
	require.Contains(t, byStack, "too_long < balance")
	// The functions look at the protocol, the version, the next protocol, two
	// addresses and two ports.
	require.EqualValues(t, cpus*runs*(2+1+1+4+4+2+2), total(p, 4))
	for _, f := range p.Function {
		if !strings.HasPrefix(f.Name, "[") {
			require.Contains(t, f.Filename, "testdata/")
		}
	}
}

// TestInvocations shows entering and leaving as frames of their own, those of
// programs that sleep apart from those of others.
func TestInvocations(t *testing.T) {
	const invocations, runs = 5, 7
	for _, tt := range []struct{ object, name, enter, leave string }{
		{"sleepable_programs.bpf.o", "user_probe", "[enter sleepable program]", "[leave sleepable program]"},
		{"kprobe_returns.bpf.o", "keeps", "[enter program]", "[leave program]"},
	} {
		program, recorder := load(t, tt.object, tt.name, profile.Options{}, runs)
		for cpu := range runs {
			_, err := program.Run(exec.Input{CPU: cpu})
			require.NoError(t, err)
		}
		p := written(t, recorder)
		require.Equal(t, "invocations", p.SampleType[invocations].Type)
		require.Equal(t, map[string]int64{tt.enter + " < " + tt.name: runs}, samples(p, invocations))
		times := samples(p, 1)
		require.Positive(t, times[tt.enter+" < "+tt.name])
		require.Positive(t, times[tt.leave+" < "+tt.name])
	}
}

// written returns the profile as pprof reads it.
func written(t *testing.T, r *profile.Recorder) *pprof.Profile {
	var buf bytes.Buffer
	require.NoError(t, r.Write(&buf))
	p, err := pprof.Parse(&buf)
	require.NoError(t, err)
	require.NoError(t, p.CheckValid())
	return p
}

func TestCallbacks(t *testing.T) {
	program, recorder := load(t, "tc_callbacks.bpf.o", "each", profile.Options{}, 1)
	_, err := program.Run(exec.Input{Data: udp()})
	require.NoError(t, err)
	p := written(t, recorder)
	require.Contains(t, samples(p, 0), "visit < each")
	require.Equal(t, map[string]int64{"bpf_for_each_map_elem < each": 1}, samples(p, 3))
}

// TestTailCalls checks that a program that is entered by a tail call from a
// function stands where that function stood.
func TestTailCalls(t *testing.T) {
	program, recorder := load(t, "xdp_tail_calls.bpf.o", "from_function", profile.Options{}, 1)
	machine := program.Machine()
	require.NoError(t, machine.Map("stages").SetProgram(2, machine.Program("any")))
	out, err := program.Run(exec.Input{Data: udp()})
	require.NoError(t, err)
	p := written(t, recorder)
	require.EqualValues(t, out.Insns, total(p, 0))
	require.Contains(t, samples(p, 0), "any < from_function")
	require.Greater(t, len(p.Mapping), 2)
	require.Equal(t, "from_function", p.Mapping[0].File, "pprof calls the profile after the first program")
}

// TestTailCallIntoItself lets a function be replaced by the program that called
// it, which then stands at a call of another function: it must count as itself.
func TestTailCallIntoItself(t *testing.T) {
	load := asm.LoadMem(asm.R2, asm.R1, 0, asm.Word) // of the packet's address
	spec := &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{"self": {Name: "self", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}},
		Programs: map[string]*ebpf.ProgramSpec{"p": {Name: "p", Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{
			load.WithSymbol("p"),
			asm.LoadMem(asm.R3, asm.R2, 0, asm.Byte),
			asm.JGE.Imm(asm.R3, 3, "out"),
			asm.Call.Label("again"),
			asm.Mov.Imm(asm.R0, 2).WithSymbol("out"),
			asm.Return(),
			load.WithSymbol("again"),
			asm.LoadMem(asm.R3, asm.R2, 0, asm.Byte),
			asm.Add.Imm(asm.R3, 1),
			asm.StoreMem(asm.R2, 0, asm.R3, asm.Byte),
			asm.LoadMapPtr(asm.R2, 0).WithReference("self"),
			asm.Mov.Imm(asm.R3, 0),
			asm.FnTailCall.Call(),
			asm.Mov.Imm(asm.R0, 1),
			asm.Return(),
		}}},
	}
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	run := func(o exec.Observer) *exec.Program {
		p, err := exec.New(exec.Config{Observer: o}).LoadSpec(spec.Copy(), "p", goal)
		require.NoError(t, err)
		require.NoError(t, p.Machine().Map("self").SetProgram(0, p))
		for range 2 { // the second time all contexts are known
			out, err := p.Run(exec.Input{Data: make([]byte, 64)})
			require.NoError(t, err)
			require.EqualValues(t, 2, out.Return)
		}
		return p
	}
	reference, recorder := &each{}, profile.New(profile.Options{})
	run(reference)
	p := run(recorder)
	require.Equal(t, reference.slots, dropSecondHalves(p.Model(), recorder.Counts()[0].Slots))
}

// TestTime checks that time is charged where it passes: the clock runs while
// the program does.
func TestTime(t *testing.T) {
	program, recorder := load(t, "tc_callbacks.bpf.o", "loop", profile.Options{}, 1)
	begin := time.Now() // before the recorder's own
	recorder.Start()
	for total(recorder.Profile(), 1) == 0 && time.Since(begin) < time.Minute { // a busy machine is slow to tick
		for range 1000 {
			_, err := program.Run(exec.Input{Data: udp()})
			require.NoError(t, err)
		}
	}
	recorder.Stop()
	p := written(t, recorder)
	require.NotZero(t, total(p, 1))
	require.LessOrEqual(t, total(p, 1), int64(time.Since(begin)))
	require.GreaterOrEqual(t, total(p, 1), total(p, 2))
}

func TestSources(t *testing.T) {
	_, recorder := load(t, "xdp_functions.bpf.o", "balance", profile.Options{}, 1)
	dir := t.TempDir()
	require.NoError(t, recorder.WriteSources(dir))
	text, err := os.ReadFile(filepath.Join(dir, "testdata/src/xdp_functions.bpf.c"))
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	require.Equal(t, "int balance(struct xdp_md *ctx) {", lines[40])
	require.Empty(t, lines[0], "line info does not know this one, and from here the source is not found")
}
