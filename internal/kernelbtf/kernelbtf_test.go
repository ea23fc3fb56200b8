package kernelbtf_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	bpfbtf "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
)

func TestFor(t *testing.T) {
	for _, v := range linux.Targets() {
		t.Run(v.String(), func(t *testing.T) {
			spec, err := kernelbtf.For(v)
			require.NoError(t, err)
			var task *btf.Struct
			require.NoError(t, spec.TypeByName("task_struct", &task))
			require.NotEmpty(t, task.Members)
			again, err := kernelbtf.For(v)
			require.NoError(t, err)
			require.Same(t, spec, again)

			hz, ok := kernelbtf.Config(v, "CONFIG_HZ")
			require.True(t, ok)
			require.Equal(t, "250", hz)
			_, ok = kernelbtf.Config(v, "CONFIG_NO_SUCH_OPTION")
			require.False(t, ok)
		})
	}
	_, err := kernelbtf.For(linux.Version{Major: 4, Minor: 4})
	require.ErrorIs(t, err, kernelbtf.ErrUnknownKernel)
}

func TestSource(t *testing.T) {
	types, views := kernelbtf.Source("", linux.V5_10)
	spec, err := types()
	require.NoError(t, err)
	view, err := views()
	require.NoError(t, err)
	id, ok := view.Find(bpfbtf.KindStruct, "task_struct")
	require.True(t, ok)
	task, err := spec.TypeByID(btf.TypeID(id))
	require.NoError(t, err)
	require.Equal(t, "task_struct", task.TypeName())
	types, views = kernelbtf.Source("", linux.Version{Major: 4, Minor: 4})
	_, err = types()
	require.ErrorContains(t, err, "--btf")
	_, err = views()
	require.ErrorContains(t, err, "--btf")
	types, _ = kernelbtf.Source("no/such/file", linux.V5_10)
	_, err = types()
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLoad(t *testing.T) {
	builder := new(btf.Builder)
	_, err := builder.Add(&btf.Int{Name: "int", Size: 4})
	require.NoError(t, err)
	raw, err := builder.Marshal(nil, nil)
	require.NoError(t, err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(raw)
	require.NoError(t, err)
	require.NoError(t, z.Close())

	for name, c := range map[string]struct {
		content []byte
		err     string
	}{
		"raw":       {raw, ""},
		"gzip":      {packed.Bytes(), ""},
		"truncated": {packed.Bytes()[:packed.Len()-9], "unexpected EOF"},
		"empty":     {nil, "too short"},
		"text":      {[]byte("hello, world, this is not BTF at all"), "no valid BTF header"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "types")
			require.NoError(t, os.WriteFile(path, c.content, 0o600))
			spec, err := kernelbtf.Load(path)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.ErrorContains(t, err, path)
				return
			}
			require.NoError(t, err)
			var n *btf.Int
			require.NoError(t, spec.TypeByName("int", &n))
		})
	}
}

// BenchmarkFor is the price of a first look at a kernel's types: unpacking and
// indexing. The types themselves are decoded as they are asked for.
func BenchmarkFor(b *testing.B) {
	for _, v := range linux.Targets() {
		b.Run(v.String(), func(b *testing.B) {
			path := "data/" + v.String() + ".btf.zst"
			b.ReportAllocs()
			for b.Loop() {
				_, err := kernelbtf.Load(path)
				require.NoError(b, err)
			}
		})
	}
}
