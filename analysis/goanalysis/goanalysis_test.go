package goanalysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/bpflint/bpflint/analysis/goanalysis"
)

const source = `package probe

import _ "embed"

//go:embed leak.o // want "leak.o: Linux 6.18 rejects program on_open: BPF_EXIT instruction in main prog would lead to reference leak .*ringbuf_leak.bpf.c:21"
var leak []byte

//go:embed pass.o
var pass []byte

//go:embed probe.go
var text []byte
`

func TestAnalyzer(t *testing.T) {
	objects := filepath.Join("..", "..", "testdata", "objects")
	root := t.TempDir()
	dir := filepath.Join(root, "src", "probe")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "probe.go"), []byte(source), 0o600))
	for to, from := range map[string]string{"leak.o": "tracepoint_ringbuf_leak.bpf.o", "pass.o": "xdp_pass.bpf.o"} {
		data, err := os.ReadFile(filepath.Join(objects, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), data, 0o600))
	}
	analyzer := goanalysis.New()
	require.NoError(t, analyzer.Flags.Set("kernel", "6.18"))
	analysistest.Run(t, root, analyzer, "probe")
}
