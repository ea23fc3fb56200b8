package helper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
)

// What a program writes to its streams comes where traces go.
func TestStreams(t *testing.T) {
	var lines []string
	cfg := exec.Config{Trace: func(line string) { lines = append(lines, line) }}
	_, p := machine(t, "kernel_functions", "here_prints", cfg)
	_, err := p.Run(exec.Input{})
	require.NoError(t, err)
	require.Equal(t, []string{"7 and word", "7 and word"}, lines)
}
