package exec_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/internal/both"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
)

// besideFile has a line for each program that TestBeside compared: the object,
// the program, and a digest of what it left for each input.
const besideFile = "testdata/beside.txt"

// linesDigest sums up what a run left, in any order.
func linesDigest(lines []both.Line) string {
	var list []string
	for _, l := range lines {
		list = append(list, l.Label+" "+l.Text)
	}
	slices.Sort(list)
	return digest(strings.Join(list, "\n"))
}

// TestBesideRecorded runs programs of objects and compares what they leave with
// what a kernel was seen to leave.
func TestBesideRecorded(t *testing.T) {
	text, err := os.ReadFile(besideFile)
	require.NoError(t, err)
	specs := make(map[string]*ebpf.CollectionSpec)
	goal := target.New(linux.DefaultTarget(), linux.CapAll, "")
	runs := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		object, name, answers := f[0], f[1], f[2:]
		if specs[object] == nil {
			image, err := os.ReadFile(filepath.Join("../testdata/objects", object))
			require.NoError(t, err)
			specs[object], err = load.Parse(image)
			require.NoError(t, err)
		}
		const cpus = 2 // of the machine that the answers are from
		side, err := both.Here(specs[object], name, goal, cpus)
		require.NoError(t, err, line)
		inputs := both.Inputs(specs[object].Programs[name].Type)
		for i, want := range answers {
			lines, err := side.Run(&inputs[i])
			if want == refused {
				require.Error(t, err, "%s %s, %s", object, name, inputs[i].Name)
				continue
			}
			require.NoError(t, err, "%s %s, %s", object, name, inputs[i].Name)
			lines = append(lines, side.Contents(i == len(inputs)-1)...)
			if want == oldBytes {
				continue
			}
			runs++
			if got := linesDigest(lines); got != want {
				t.Errorf("%s %s, %s: leaves %v, which is not what a kernel was seen to leave", object, name, inputs[i].Name, lines)
				break
			}
		}
	}
	require.Greater(t, runs, 1000)
}
