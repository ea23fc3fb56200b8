package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/shown"
)

// TestHooksDocument runs the commands that the document shows and compares what
// they print.
func TestHooksDocument(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	blocks, err := shown.Blocks("docs/HOOKS.md", "bpfexec")
	require.NoError(t, err)
	for _, b := range blocks {
		out, errs, status := command(b.Args...)
		require.Equal(t, b.Output, out+errs, "bpfexec %s", b.Args)
		require.Zero(t, status)
	}
}
