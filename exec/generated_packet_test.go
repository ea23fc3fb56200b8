package exec_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

const (
	generatedPacketsFile = "testdata/generated_packets.txt"
	generatedPackets     = 1000
)

// packetKind is a type of generated programs.
type packetKind struct {
	typ   ebpf.ProgramType
	make  func(seed uint64) []cfg.Insn
	input func(seed uint64) (data, ctx []byte)
}

var (
	kindTC  = packetKind{ebpf.SchedCLS, generate.Packet, generate.Input}
	kindXDP = packetKind{ebpf.XDP, generate.XDP, generate.InputXDP}
)

// foundSeeds are those that found a difference once.
var foundSeeds = []uint64{
	56053, // a packet that ends before its network header
	70353, // a sum of 32 bits is never zero
}

// packetSeed returns the seed of a line of the file.
func packetSeed(line uint64) uint64 {
	if line < generatedPackets {
		return line
	}
	return foundSeeds[line-generatedPackets]
}

// mapReader is what a digest needs of a map. Pop is for maps without keys.
type mapReader interface {
	Get(key []byte) ([]byte, bool)
	Pop() ([]byte, bool)
}

// packetText is what a run left; the maps without keys are emptied. Of
// per-CPU values it takes the first CPU's, on which programs run.
func packetText(ret uint32, data, ctx []byte, open func(i int) mapReader) string {
	h := new(strings.Builder)
	fmt.Fprintf(h, "%#x %x %x\n", ret, data, ctx)
	for i, spec := range generate.PacketMaps() {
		m := open(i)
		if spec.KeySize == 0 {
			for v, ok := m.Pop(); ok; v, ok = m.Pop() {
				fmt.Fprintf(h, "%s %x\n", spec.Name, v)
			}
			continue
		}
		for n := range generate.Keys {
			if v, ok := m.Get(generate.Key(spec, n)); ok {
				fmt.Fprintf(h, "%s %d %x\n", spec.Name, n, v[:spec.ValueSize])
			}
		}
	}
	return h.String()
}

func hashText(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	return fmt.Sprintf("%016x", h.Sum64())
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

// runGeneratedPacket returns what the program of a seed leaves.
func runGeneratedPacket(t testing.TB, kind packetKind, seed uint64) string {
	p := prog.FromSlots(&prog.Target{}, kind.typ, kind.make(seed), generate.PacketMaps()...)
	m := exec.New(exec.Config{CPUs: 2})
	loaded, err := m.Load(p)
	require.NoError(t, err, "seed %d", seed)
	data, ctx := kind.input(seed)
	out, err := loaded.Run(exec.Input{Data: data, Ctx: ctx})
	require.NoError(t, err, "seed %d", seed)
	return packetText(out.Return, out.Data, out.Ctx, func(i int) mapReader {
		return hereMap{m.Map(generate.PacketMaps()[i].Name)}
	})
}

// TestGeneratedPackets compares generated programs with what a kernel was seen
// to answer; a program that the kernel refused has no digest.
func TestGeneratedPackets(t *testing.T) {
	if *update {
		k := openGeneratedPackets(t, kindTC)
		var b strings.Builder
		for line := range uint64(generatedPackets + len(foundSeeds)) {
			want := k.run(t, packetSeed(line))
			if want != "-" {
				want = hashText(want)
			}
			b.WriteString(want + "\n")
		}
		require.NoError(t, os.WriteFile(generatedPacketsFile, []byte(b.String()), 0o644))
	}
	text, err := os.ReadFile(generatedPacketsFile)
	require.NoError(t, err)
	line, accepted := uint64(0), 0
	for want := range strings.FieldsSeq(string(text)) {
		if want != "-" {
			accepted++
			seed := packetSeed(line)
			require.Equal(t, want, hashText(runGeneratedPacket(t, kindTC, seed)), "seed %d", seed)
		}
		line++
	}
	require.EqualValues(t, generatedPackets+len(foundSeeds), line)
	require.Greater(t, accepted, generatedPackets*9/10)
}

// TestGeneratedPacketsLive compares them with the running kernel.
func TestGeneratedPacketsLive(t *testing.T) {
	if testing.Short() {
		t.Skip("loads thousands of programs")
	}
	t.Run("tc", func(t *testing.T) { comparePackets(t, kindTC) })
	t.Run("xdp", func(t *testing.T) { comparePackets(t, kindXDP) })
}

func comparePackets(t *testing.T, kind packetKind) {
	k := openGeneratedPackets(t, kind)
	refused, random := uint64(0), uint64(0)
	for seed := range *programs {
		seed += generatedPackets + *firstSeed
		want := k.run(t, seed)
		if want == "-" {
			refused++
			continue
		}
		if got := runGeneratedPacket(t, kind, seed); got != want {
			if k.undetermined(t, seed, want) {
				random++
				continue
			}
			require.Equal(t, want, got, "seed %d", seed)
		}
	}
	t.Logf("%d programs are the same, the kernel refused %d more, and of %d it left memory that it had not initialized",
		*programs-refused-random, refused, random)
	require.Less(t, refused, *programs/10+1)
	require.Less(t, random, *programs/10000+2)
}

// undetermined reports whether a kernel leaves something else when the memory
// that it gets for the packet was last used for other packets. Making room
// behind the end of a packet brings such bytes into it.
func (k *packetKernel) undetermined(t *testing.T, seed uint64, want string) bool {
	for i := range uint64(50) {
		for j := range uint64(20) {
			k.run(t, 100*seed+20*i+j)
		}
		if k.run(t, seed) != want {
			return true
		}
	}
	return false
}

type packetKernel struct {
	kind packetKind
	raw  *oracle.Raw
}

func openGeneratedPackets(t *testing.T, kind packetKind) *packetKernel {
	runtime.LockOSThread() // values of per-CPU maps are the first CPU's
	pinToFirstCPU(t)
	k, err := oracle.Open()
	if err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	raw, err := k.NewRaw(generate.PacketMaps(), 1<<16)
	if err != nil {
		t.Skipf("no maps: %v", err)
	}
	t.Cleanup(raw.Close)
	return &packetKernel{kind, raw}
}

// kernelMap is a map of the kernel.
type kernelMap struct{ *ebpf.Map }

func (m kernelMap) Get(key []byte) ([]byte, bool) {
	switch m.Type() {
	case ebpf.PerCPUArray, ebpf.PerCPUHash:
		var values [][]byte
		if m.Lookup(key, &values) != nil {
			return nil, false
		}
		return values[0], true
	}
	v, err := m.LookupBytes(key)
	return v, err == nil && v != nil
}

func (m kernelMap) Pop() ([]byte, bool) {
	v := make([]byte, m.ValueSize())
	return v, m.LookupAndDelete(nil, &v) == nil
}

// run returns what the program of a seed leaves, "-" when the
// kernel refuses it.
func (k *packetKernel) run(t *testing.T, seed uint64) string {
	p := &oracle.RawProgram{Type: k.kind.typ, Insns: k.kind.make(seed)}
	loaded, _ := k.raw.Keep(p, oracle.LogNone)
	if loaded == nil {
		return "-"
	}
	defer loaded.Close()
	k.clear(t)
	data, ctx := k.kind.input(seed)
	out, err := loaded.Run(oracle.RunInput{Data: data, Ctx: ctx, DataOut: 1 << 16, CtxOut: len(ctx)})
	require.NoError(t, err, "seed %d", seed)
	return packetText(out.Return, out.Data, out.Ctx, func(i int) mapReader { return kernelMap{k.raw.Maps()[i]} })
}

// clear empties the maps. Those without keys are emptied by reading them.
func (k *packetKernel) clear(t *testing.T) {
	for i, spec := range generate.PacketMaps() {
		m := k.raw.Maps()[i]
		for n := range generate.Keys {
			key := generate.Key(spec, n)
			switch {
			case spec.KeySize == 0:
			case spec.Type == ebpf.PerCPUArray && n < int(spec.MaxEntries):
				values := make([][]byte, ebpf.MustPossibleCPU())
				for cpu := range values {
					values[cpu] = make([]byte, spec.ValueSize)
				}
				require.NoError(t, m.Put(key, values))
			case spec.Type == ebpf.Array && n < int(spec.MaxEntries):
				require.NoError(t, m.Put(key, make([]byte, spec.ValueSize)))
			default:
				_ = m.Delete(key) // it may not be there
			}
		}
	}
}
