package btf_test

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/upward"
)

// answer is what kernels said of a blob: "" or error and line, by kernel.
type answer struct {
	Blob    []byte            `json:"blob"`
	Kernels map[string]string `json:"kernels"`
}

// answers reads what kernels said of blobs.
func answers(tb testing.TB) []answer {
	tb.Helper()
	file, err := os.Open("testdata/answers.jsonl")
	require.NoError(tb, err)
	defer file.Close()
	var list []answer
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a answer
		require.NoError(tb, json.Unmarshal(lines.Bytes(), &a))
		list = append(list, a)
	}
	require.NoError(tb, lines.Err())
	require.Greater(tb, len(list), 400)
	return list
}

// TestRecorded holds Check to what five kernels said of blobs.
func TestRecorded(t *testing.T) {
	for i, a := range answers(t) {
		require.NotEmpty(t, a.Kernels)
		for version, want := range a.Kernels {
			kernel, err := linux.ParseVersion(version)
			require.NoError(t, err)
			types := func() (*btf.Types, error) { return kernelbtf.View(kernel) }
			got := ""
			if r := btf.AsRefusal(btf.Check(a.Blob, btf.Kernel{Version: kernel, Types: types})); r != nil {
				got = r.Errno + " " + r.Message
				if r.Message == "" { // nothing in the log says why
					want, _, _ = strings.Cut(want, " ")
					got = r.Errno
				}
			}
			got = strings.Map(func(r rune) rune { return r }, got) // as JSON has it: no bytes that are not UTF-8
			require.Equal(t, want, got, "line %d, kernel %s: %s", i+1, version, base64.StdEncoding.EncodeToString(a.Blob))
		}
	}
}

// FuzzCheck wants no blob to make a validator panic, and kernels to differ only
// where they do.
func FuzzCheck(f *testing.F) {
	for _, a := range answers(f) {
		f.Add(a.Blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		for _, version := range linux.Targets() {
			if r := btf.AsRefusal(btf.Check(blob, btf.Kernel{Version: version})); r != nil {
				require.NotEmpty(t, r.Errno)
				require.NotEmpty(t, r.Message+r.Why)
			}
		}
	})
}

// vmlinux returns the BTF of a kernel, of about 5 MB.
func vmlinux(tb testing.TB) []byte {
	tb.Helper()
	path, ok := upward.Find("shared/btf/vmlinux-6.18.btf.gz")
	if !ok {
		tb.Skip("no shared/btf beside the repository")
	}
	file, err := os.Open(path)
	require.NoError(tb, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	require.NoError(tb, err)
	blob, err := io.ReadAll(packed)
	require.NoError(tb, err)
	return blob
}

// TestKernelTypes checks BTF of the real size.
func TestKernelTypes(t *testing.T) {
	require.NoError(t, btf.Check(vmlinux(t), btf.Kernel{Version: linux.V6_18}))
}

func BenchmarkCheck(b *testing.B) {
	blob := vmlinux(b)
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	for b.Loop() {
		if err := btf.Check(blob, btf.Kernel{Version: linux.V6_18}); err != nil {
			b.Fatal(err)
		}
	}
}
