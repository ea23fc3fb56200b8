package vm_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/oracle"
)

var update = flag.Bool("update", false, "record what the running kernel answers")

const recorded = "testdata/instructions.txt"

// edgeCases is a context with all pairs of edges; R0 and the stack slot of a
// case hold A, so that a compare-and-exchange succeeds, or B in every third.
func edgeCases() (ctx []byte, cases int) {
	for i, a := range edges {
		for j, b := range edges {
			r0 := a
			if (i+j)%3 == 0 {
				r0 = b
			}
			for _, v := range []uint64{a, b, r0, 0} {
				ctx = binary.LittleEndian.AppendUint64(ctx, v)
			}
			cases++
		}
	}
	return ctx, cases
}

// TestInstructions runs every instruction with edge values and compares the
// results with what a kernel computed: the running one where it may be asked,
// otherwise the digests that were recorded.
func TestInstructions(t *testing.T) {
	want := readDigests(t)
	kernel := openKernel(t)
	var out strings.Builder
	for _, s := range snippets() {
		ctx, cases := edgeCases()
		got := runHere(t, &s, ctx, cases)
		if kernel != nil {
			compareCases(t, &s, kernel.run(t, &s, ctx, cases), got)
		}
		digest := sha256.Sum256(got)
		line := hex.EncodeToString(digest[:8])
		fmt.Fprintf(&out, "%s %s\n", line, s.name)
		if !*update && want[s.name] != line {
			t.Errorf("%s: results differ from the recorded ones", s.name)
		}
	}
	if *update && !t.Failed() {
		require.NotNil(t, kernel, "only a kernel's results are recorded")
		require.NoError(t, os.WriteFile(recorded, []byte(out.String()), 0o644))
	}
}

func readDigests(t *testing.T) map[string]string {
	text, err := os.ReadFile(recorded)
	if !*update {
		require.NoError(t, err)
	}
	want := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		digest, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[name] = digest
	}
	return want
}

func runHere(t *testing.T, s *snippet, ctx []byte, cases int) []byte {
	cpu, code := newCPU(t, s.program(cases))
	b := append([]byte(nil), ctx...)
	cpu.Mem.SetPrivate(vm.FirstFreeRegion, mem.Region{R: b, W: b}, mem.Info{Name: "context"})
	cpu.R[1] = mem.Addr(vm.FirstFreeRegion)
	_, err := cpu.Run(code)
	require.NoError(t, err, s.name)
	return b
}

func compareCases(t *testing.T, s *snippet, want, got []byte) {
	for i := 0; i < len(want); i += 8 {
		w, g := binary.LittleEndian.Uint64(want[i:]), binary.LittleEndian.Uint64(got[i:])
		if w != g {
			n := i / caseBytes
			t.Errorf("%s with %#x and %#x: %s is %#x, the kernel has %#x", s.name,
				edges[n/len(edges)], edges[n%len(edges)], [4]string{"A", "B", "R0", "memory"}[i/8%4], g, w)
			return
		}
	}
}

// liveKernel runs snippets as programs of type syscall, whose context is plain
// memory.
type liveKernel struct{ raw *oracle.Raw }

func openKernel(t *testing.T) *liveKernel {
	if testing.Short() {
		return nil
	}
	k, err := oracle.Open()
	if err != nil {
		t.Logf("no kernel to ask: %v", err)
		return nil
	}
	raw, err := k.NewRaw(nil, 1<<16)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	return &liveKernel{raw}
}

func (k *liveKernel) run(t *testing.T, s *snippet, ctx []byte, cases int) []byte {
	const sleepable = 1 << 4 // programs of this type must be
	p := &oracle.RawProgram{Type: ebpf.Syscall, Flags: sleepable, Insns: s.program(cases)}
	loaded, a := k.raw.Keep(p, oracle.LogNone)
	if loaded == nil {
		a = k.raw.Load(p, oracle.LogBranch)
		require.Fail(t, "the kernel refuses a snippet", "%s: %v\n%s", s.name, a.Errno, a.Log)
	}
	defer loaded.Close()
	in := append([]byte(nil), ctx...)
	_, err := loaded.Run(oracle.RunInput{Ctx: in})
	require.NoError(t, err, s.name)
	return in // such a program's context is written back in place
}
