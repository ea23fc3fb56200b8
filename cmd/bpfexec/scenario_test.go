package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestScenario runs the commands that docs/SCENARIO.md shows.
func TestScenario(t *testing.T) {
	doc, err := os.ReadFile("../../docs/SCENARIO.md")
	require.NoError(t, err)
	t.Chdir("../..")
	shown := 0
	for block := range strings.SplitSeq(string(doc), "```") {
		command, output, found := strings.Cut(strings.TrimPrefix(block, "\n$ bpfexec "), "\n")
		if !strings.HasPrefix(block, "\n$ bpfexec ") || !found {
			continue
		}
		shown++
		var out, errs strings.Builder
		status := run(strings.Fields(command), &console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
		require.Zero(t, status, errs.String())
		require.Equal(t, output, out.String(), command)
	}
	require.Equal(t, 2, shown)
}

func TestScenarioErrors(t *testing.T) {
	path := t.TempDir() + "/s.yaml"
	require.NoError(t, os.WriteFile(path, []byte("version: 1\nevents:\n - {program: nothing}"), 0o600))
	var out, errs strings.Builder
	status := run([]string{"run", "../../exec/scenario/testdata/probes.bpf.o", "--scenario", path},
		&console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
	require.NotZero(t, status)
	require.Contains(t, errs.String(), path+`:3: there is no program "nothing"`)
}
