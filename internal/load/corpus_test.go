package load_test

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

// corpus returns the real objects that lie beside a checkout of the project.
func corpus(tb testing.TB) []string {
	if root, ok := upward.Find("shared/corpus/objects"); ok {
		return filesBelow(tb, root)
	}
	tb.Skip("no shared/corpus beside the project")
	return nil
}

func filesBelow(tb testing.TB, root string) []string {
	var files []string
	require.NoError(tb, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	}))
	require.NotEmpty(tb, files)
	return files
}

func target(v linux.Version) *prog.Target {
	return &prog.Target{
		Kernel:      v,
		KernelTypes: func() (*btf.Spec, error) { return kernelbtf.For(v) },
		Config:      func(o string) (string, bool) { return kernelbtf.Config(v, o) },
	}
}

// cilium/ebpf and this package agree about every program that both can load,
// down to the slots that the kernel would get.
func TestSameAsLibrary(t *testing.T) {
	tgt := target(linux.V6_18)
	programs := 0
	for _, path := range corpus(t) {
		image, err := os.ReadFile(path)
		require.NoError(t, err)
		theirs, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(image))
		if err != nil || len(theirs.Programs) == 0 {
			continue
		}
		ours, err := load.Parse(image)
		require.NoError(t, err, path)
		for name := range theirs.Programs {
			programs++
			same(t, filepath.Base(path), name, ours, theirs, tgt)
		}
	}
	t.Logf("%d programs", programs)
}

func same(t *testing.T, path, name string, ours, theirs *ebpf.CollectionSpec, tgt *prog.Target) {
	want, wantErr := prog.Link(theirs, name, tgt)
	got, err := prog.Link(ours, name, tgt)
	if wantErr != nil {
		require.EqualError(t, err, wantErr.Error(), path)
		return
	}
	require.NoError(t, err, path)
	require.Equal(t, want.Insns, got.Insns, "%s %s", path, name)
	if want.Type != ebpf.UnspecifiedProgram {
		require.Equal(t, want.Type, got.Type, "%s %s", path, name)
	}
	require.Equal(t, want.AttachType, got.AttachType, "%s %s", path, name)
	require.Equal(t, want.AttachTo, got.AttachTo, "%s %s", path, name)
	require.Equal(t, want.Flags, got.Flags, "%s %s", path, name)
	require.Equal(t, want.License, got.License, "%s %s", path, name)
	require.Equal(t, want.ExtInfo, got.ExtInfo, "%s %s", path, name)
	require.Len(t, got.Funcs, len(want.Funcs), "%s %s", path, name)
	for i := range want.Funcs {
		require.Equal(t, want.Funcs[i].Start, got.Funcs[i].Start, "%s %s", path, name)
		require.Equal(t, want.Funcs[i].Name, got.Funcs[i].Name, "%s %s", path, name)
	}
	if !strings.HasPrefix(path, "testdata_linked-") {
		// There, cilium/ebpf takes the lines of another function after a gap.
		require.Len(t, got.Lines, len(want.Lines), "%s %s", path, name)
	}
	require.Len(t, got.Maps, len(want.Maps), "%s %s", path, name)
	for i, m := range want.Maps {
		require.Equal(t, m.Name, got.Maps[i].Name, "%s %s", path, name)
		require.Equal(t, m.Data, got.Maps[i].Data, "%s %s", path, name)
		require.Equal(t, m.Frozen, got.Maps[i].Frozen, "%s %s", path, name)
		require.Equal(t, m.Spec.String(), got.Maps[i].Spec.String(), "%s %s", path, name)
		require.Equal(t, m.Inner == nil, got.Maps[i].Inner == nil, "%s %s", path, name)
	}
}

// explained are the objects of the corpus that cannot be loaded, and why.
var explained = map[string]string{
	"invalid_badsymsize.o":                 "symbols: cannot load string table section",
	"invalid_invalid-lddw.o":               "section .text, offset 0x0: function func: offset 8: 64bit immediate is missing second half",
	"testdata_invalid_btf_map_init-el.elf": "section .maps, offset 0x0: map hash_map: unsupported: initial value",
	"testdata_loader-el.elf":               "holds no eBPF object", // the text of a symbolic link
}

// refusals are what loaders say of programs that they do not load.
var refusals = []string{
	"is not defined (extern function unresolved)",
	"kernel 6.18 has no bpf_skb_ct_lookup", // in a module
	"kernel 6.18 has no bpf_testmod_test_mod_kfunc",
	"kernel 6.18 has no bpf_kfunc_call_test_mem_len_pass1",
	"kernel 6.18 has no missing_typed_ksym",
}

// Every object of the corpus loads or is explained, and every program links or
// is one that loaders refuse.
func TestCorpus(t *testing.T) {
	tgt := target(linux.V6_18)
	var objects, programs, refused, broken int
	for obj := range load.Find(corpus(t), load.Options{}) {
		if obj.Err != nil {
			broken++
			why := explained[filepath.Base(obj.Path)]
			require.NotEmpty(t, why, obj.Err)
			require.ErrorContains(t, obj.Err, why)
			require.ErrorContains(t, obj.Err, obj.Path)
			continue
		}
		objects++
		for name := range obj.Spec.Programs {
			programs++
			if _, err := prog.Link(obj.Spec, name, tgt); err != nil {
				refused++
				require.True(t, slices.ContainsFunc(refusals, func(s string) bool { return strings.Contains(err.Error(), s) }), err)
			}
		}
	}
	t.Logf("%d objects loaded, %d explained; %d programs linked, %d refused as by loaders", objects, broken, programs-refused, refused)
}

// BenchmarkCorpus is the price of loading and linking everything in the corpus,
// the kernel's types being at hand.
func BenchmarkCorpus(b *testing.B) {
	paths := corpus(b)
	tgt := target(linux.V6_18)
	_, err := tgt.Types()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		slots := 0
		for obj := range load.Find(paths, load.Options{}) {
			if obj.Err != nil {
				continue
			}
			for name := range obj.Spec.Programs {
				if p, err := prog.Link(obj.Spec, name, tgt); err == nil {
					slots += len(p.Insns)
				}
			}
		}
		b.ReportMetric(float64(slots), "slots/op")
	}
}

// BenchmarkSmall loads and links one program without CO-RE. Beside it stands
// the least that any tool must do with such a file.
func BenchmarkSmall(b *testing.B) {
	image := read(b, "minimal-el.o")
	tgt := target(linux.V6_18)
	b.Run("load and link", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			spec, err := load.Parse(image)
			require.NoError(b, err)
			_, err = prog.Link(spec, "pass", tgt)
			require.NoError(b, err)
		}
	})
	b.Run("minimal parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := elf.NewFile(bytes.NewReader(image))
			require.NoError(b, err)
			_, err = f.Symbols()
			require.NoError(b, err)
			code, err := f.Section("xdp").Data()
			require.NoError(b, err)
			_, err = asm.AppendInstructions(nil, bytes.NewReader(code), f.ByteOrder, "linux")
			require.NoError(b, err)
		}
	})
	b.Run("minimal parse with types", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := elf.NewFile(bytes.NewReader(image))
			require.NoError(b, err)
			_, err = f.Symbols()
			require.NoError(b, err)
			_, _, err = btf.LoadSpecAndExtInfosFromReader(bytes.NewReader(image))
			require.NoError(b, err)
		}
	})
	b.Run("cilium load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(image))
			require.NoError(b, err)
		}
	})
}
