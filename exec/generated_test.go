package exec_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

var (
	update    = flag.Bool("update", false, "record what the running kernel answers")
	firstSeed = flag.Uint64("seed", 0, "how many generated programs to leave out")
	programs  = flag.Uint64("programs", 2000, "number of generated programs to compare with the running kernel")
)

const (
	generatedFile = "testdata/generated.txt"
	recordedCount = 1000
	sleepable     = 1 << 4 // programs of type syscall must be
)

// runGenerated runs the program of a seed here and returns a digest of the
// context and the maps that it left.
func runGenerated(t testing.TB, seed uint64) string {
	p := prog.FromSlots(&prog.Target{}, ebpf.Syscall, generate.Program(seed), generate.Maps()...)
	m := exec.New(exec.Config{})
	loaded, err := m.Load(p)
	require.NoError(t, err, "seed %d", seed)
	out, err := loaded.Run(exec.Input{Ctx: generate.Context(seed)})
	require.NoError(t, err, "seed %d", seed)
	return digest(out.Ctx, func(name string, key []byte) []byte {
		v, _ := m.Map(name).Lookup(key)
		return v
	})
}

// digest sums up a context and the maps' contents.
func digest(ctx []byte, lookup func(name string, key []byte) []byte) string {
	h := fnv.New64a()
	h.Write(ctx)
	for _, spec := range generate.Maps() {
		for k := range byte(6) {
			v := lookup(spec.Name, []byte{k, 0, 0, 0})
			fmt.Fprintf(h, "%s %d %x\n", spec.Name, k, v)
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// TestGenerated compares generated programs with what a kernel was seen to
// answer; a program that the kernel refused has no digest.
func TestGenerated(t *testing.T) {
	if *update {
		recordGenerated(t)
	}
	text, err := os.ReadFile(generatedFile)
	require.NoError(t, err)
	seed := uint64(0)
	for want := range strings.FieldsSeq(string(text)) {
		if want != "-" {
			require.Equal(t, want, runGenerated(t, seed), "seed %d", seed)
		}
		seed++
	}
	require.EqualValues(t, recordedCount, seed)
}

// TestGeneratedLive compares them with the running kernel.
func TestGeneratedLive(t *testing.T) {
	if testing.Short() {
		t.Skip("loads thousands of programs")
	}
	k := openGenerated(t)
	refused := 0
	for seed := range *programs {
		seed += recordedCount + *firstSeed
		want := k.run(t, seed)
		if want == "-" {
			refused++
			continue
		}
		require.Equal(t, want, runGenerated(t, seed), "seed %d", seed)
	}
	t.Logf("%d programs are the same, the kernel refused %d more", *programs-uint64(refused), refused)
	require.Less(t, refused, int(*programs/2))
}

type generatedKernel struct{ raw *oracle.Raw }

func openGenerated(t *testing.T) *generatedKernel {
	k, err := oracle.Open()
	if err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	raw, err := k.NewRaw(generate.Maps(), 1<<16)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	return &generatedKernel{raw}
}

// run returns the digest of what the program of a seed leaves, "-" when the
// kernel refuses it.
func (k *generatedKernel) run(t *testing.T, seed uint64) string {
	p := &oracle.RawProgram{Type: ebpf.Syscall, Flags: sleepable, Insns: generate.Program(seed)}
	loaded, _ := k.raw.Keep(p, oracle.LogNone)
	if loaded == nil {
		return "-"
	}
	defer loaded.Close()
	k.clear(t)
	ctx := generate.Context(seed)
	_, err := loaded.Run(oracle.RunInput{Ctx: ctx})
	require.NoError(t, err, "seed %d", seed)
	byName := make(map[string]*ebpf.Map)
	for i, spec := range generate.Maps() {
		byName[spec.Name] = k.raw.Maps()[i]
	}
	return digest(ctx, func(name string, key []byte) []byte {
		v, _ := byName[name].LookupBytes(key)
		return v
	})
}

// clear gives the maps back the contents that they began with.
func (k *generatedKernel) clear(t *testing.T) {
	for key := range byte(6) {
		_ = k.raw.Maps()[0].Delete([]byte{key, 0, 0, 0}) // it may not be there
		if key < 3 {
			require.NoError(t, k.raw.Maps()[1].Put([]byte{key, 0, 0, 0}, make([]byte, 16)))
		}
	}
}

func recordGenerated(t *testing.T) {
	k := openGenerated(t)
	var b strings.Builder
	for seed := range uint64(recordedCount) {
		b.WriteString(k.run(t, seed))
		b.WriteByte('\n')
	}
	require.NoError(t, os.WriteFile(generatedFile, []byte(b.String()), 0o644))
}
