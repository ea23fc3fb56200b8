package exec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

const objectsFile = "testdata/objects.txt"

// TestObjects runs the programs of testdata's objects with all packets, and
// compares results and packets with the running kernel's, and with what a
// kernel was seen to answer.
func TestObjects(t *testing.T) {
	var kernel *oracle.Kernel
	if !testing.Short() {
		var err error
		if kernel, err = oracle.Open(); err != nil {
			t.Logf("no kernel to ask: %v", err)
		}
	}
	paths, err := filepath.Glob("testdata/*.bpf.o")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var lines []string
	for _, path := range paths {
		image, err := os.ReadFile(path)
		require.NoError(t, err)
		spec, err := load.Parse(image)
		require.NoError(t, err)
		var names []string
		for name := range spec.Programs {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			here := exec.New(exec.Config{})
			program, err := here.LoadSpec(spec, name, target.New(linux.DefaultTarget(), linux.CapAll, ""))
			require.NoError(t, err)
			got := objectRuns(t, name, func(packet []byte) (uint32, []byte) {
				out, err := program.Run(exec.Input{Data: packet})
				require.NoError(t, err)
				return out.Return, out.Data
			})
			lines = append(lines, got...)
			if kernel == nil {
				continue
			}
			p, err := prog.Link(spec, name, kernel.Target())
			require.NoError(t, err)
			r, err := kernel.Load(p, oracle.Options{Keep: true})
			require.NoError(t, err)
			if r.Prog == nil {
				t.Logf("the kernel refuses %s: %s", name, r.Message)
				continue
			}
			want := objectRuns(t, name, func(packet []byte) (uint32, []byte) {
				out, err := r.Prog.Run(oracle.RunInput{Data: packet, DataOut: 4096})
				require.NoError(t, err)
				return out.Return, out.Data
			})
			require.NoError(t, r.Prog.Close())
			require.Equal(t, want, got)
		}
	}
	text := strings.Join(lines, "\n") + "\n"
	if *update && kernel != nil {
		require.NoError(t, os.WriteFile(objectsFile, []byte(text), 0o644))
	}
	recorded, err := os.ReadFile(objectsFile)
	require.NoError(t, err)
	require.Equal(t, string(recorded), text)
}

func objectRuns(t *testing.T, name string, run func(packet []byte) (uint32, []byte)) (lines []string) {
	t.Helper()
	for i, packet := range packets() {
		ret, data := run(packet)
		lines = append(lines, fmt.Sprintf("%s %d: %#x %x", name, i, ret, data))
	}
	return lines
}
