package exec_test

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/internal/generate"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
)

// TestGeneratedLive compares generated programs with the running kernel.
func TestGeneratedLive(t *testing.T) {
	if testing.Short() {
		t.Skip("loads thousands of programs")
	}
	for _, kind := range generate.Kinds() {
		t.Run(kind.Name, func(t *testing.T) { compareGenerated(t, &kind) })
	}
}

func compareGenerated(t *testing.T, kind *generate.Kind) {
	k := openGenerated(t, kind)
	count := make(map[string]uint64)
	for seed := range *programs {
		seed += recordedCount + *firstSeed
		g := generateSeed(kind, seed)
		want, got := k.beside(g)
		switch {
		case want == refused || want == tooLong:
			count[want]++
		case got == want:
			count["same"]++
		case k.undetermined(g, seed, want):
			count["random"]++
		default:
			t.Errorf("seed %d differs; shrunk:\n%s", seed, k.shrink(g))
			if count["different"]++; count["different"] == maxDifferent {
				return
			}
		}
	}
	t.Logf("%d programs are the same, the kernel refused %d more, %d took too long, and of %d it left memory that it had not initialized",
		count["same"], count[refused], count[tooLong], count["random"])
	require.Less(t, count[refused], *programs/5+1)
	require.Less(t, count["random"], *programs/10000+2)
}

// maxDifferent bounds how many differences are looked at.
const maxDifferent = 3

// kernelPrograms runs programs of a kind in the running kernel.
type kernelPrograms struct {
	kind  *generate.Kind
	raw   *oracle.Raw
	types *oracle.RawTypes
	id    uint32 // of the type of all functions
	caps  *linux.Caps
}

func openGenerated(t *testing.T, kind *generate.Kind) *kernelPrograms {
	runtime.LockOSThread() // values of per-CPU maps are the first CPU's
	pinToFirstCPU(t)
	k, err := oracle.Open()
	if err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	raw, err := k.NewRaw(kind.Maps(), 1<<16)
	if err != nil {
		t.Skipf("no maps: %v", err)
	}
	t.Cleanup(raw.Close)
	blob, id, err := generate.Types()
	require.NoError(t, err)
	types, err := k.LoadTypes(blob)
	require.NoError(t, err)
	t.Cleanup(types.Close)
	return &kernelPrograms{kind, raw, types, uint32(id), nil}
}

// load loads a program and those that it calls, the first of the list; nil when
// the kernel refuses one.
func (k *kernelPrograms) load(g *generated) (list []*oracle.Program) {
	if array := k.programArray(); array.Type() == ebpf.ProgramArray {
		for i := range array.MaxEntries() {
			_ = array.Delete(i) // it may not be there
		}
	}
	for i, made := range append([]*generate.Made{g.main}, g.tails...) {
		p := &oracle.RawProgram{Type: k.kind.Type, AttachType: k.kind.Attach, Flags: k.kind.Flags, Insns: made.Insns,
			Types: k.types, Caps: k.caps}
		for _, start := range made.Funcs {
			p.FuncInfo = append(p.FuncInfo, start, k.id)
		}
		loaded, _ := k.raw.Keep(p, oracle.LogNone)
		if loaded == nil || i > 0 && k.programArray().Put(uint32(i-1), uint32(loaded.FD())) != nil {
			closeAll(list)
			return nil
		}
		list = append(list, loaded)
	}
	return list
}

func (k *kernelPrograms) programArray() *ebpf.Map { return k.raw.Maps()[len(k.raw.Maps())-1] }

func closeAll(list []*oracle.Program) {
	for _, p := range list {
		p.Close()
	}
}

// beside returns what a program leaves in the kernel and here. The kernel runs
// only what came to an end here.
func (k *kernelPrograms) beside(g *generated) (want, got string) {
	list := k.load(g)
	if list == nil {
		return refused, refused
	}
	defer closeAll(list)
	got, err := g.run()
	switch {
	case err != nil:
		return "it accepts it", err.Error()
	case got == tooLong:
		return tooLong, tooLong
	}
	return k.run(list[0], g.data, slices.Clone(g.ctx)), got
}

func (k *kernelPrograms) run(main *oracle.Program, data, ctx []byte) string {
	k.clear()
	in := oracle.RunInput{Data: data, Ctx: ctx}
	if len(data) > 0 {
		in.DataOut = 1 << 16
	}
	if !k.kind.KeepsContext && k.kind.Type != ebpf.Syscall {
		in.CtxOut = len(ctx)
	}
	out, err := main.Run(in)
	if err != nil {
		return badInput
	}
	if k.kind.Type == ebpf.Syscall {
		out.Ctx = ctx // it is written where it was given
	}
	return leftText(k.kind, out.Return, out.Data, out.Ctx, func(i int) mapReader { return kernelMap{k.raw.Maps()[i]} })
}

// undetermined reports whether a kernel leaves something else when the memory
// that it gets for the packet was last used for other packets. Making room
// behind the end of a packet brings such bytes into it.
func (k *kernelPrograms) undetermined(g *generated, seed uint64, want string) bool {
	if len(g.data) == 0 {
		return false
	}
	for i := range uint64(50) {
		for j := range uint64(20) {
			k.beside(generateSeed(k.kind, 100*seed+20*i+j))
		}
		if again, _ := k.beside(g); again != want {
			return true
		}
	}
	return false
}

// clear empties the maps. Those without keys are emptied by reading them.
func (k *kernelPrograms) clear() {
	for i, spec := range k.kind.Maps() {
		m := k.raw.Maps()[i]
		for n := range generate.Keys {
			key := generate.Key(spec, n)
			switch {
			case spec.KeySize == 0, spec.Type == ebpf.ProgramArray:
			case spec.Type == ebpf.PerCPUArray && n < int(spec.MaxEntries):
				values := make([][]byte, ebpf.MustPossibleCPU())
				for cpu := range values {
					values[cpu] = make([]byte, spec.ValueSize)
				}
				_ = m.Put(key, values)
			case spec.Type == ebpf.Array && n < int(spec.MaxEntries):
				_ = m.Put(key, make([]byte, spec.ValueSize))
			default:
				_ = m.Delete(key) // it may not be there
			}
		}
	}
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

func recordGenerated(t *testing.T, kind *generate.Kind, file string, seeds []uint64) {
	k := openGenerated(t, kind)
	var b strings.Builder
	for _, seed := range seeds {
		g := generateSeed(kind, seed)
		want, got := k.beside(g)
		if want != got && k.undetermined(g, seed, want) {
			want = oldBytes
		}
		b.WriteString(digest(want) + "\n")
	}
	require.NoError(t, os.MkdirAll(generatedDir, 0o755))
	require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
}
