package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/shown"
)

// TestReadme runs the commands that documents show and compares what they print.
func TestReadme(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for _, document := range []string{"README.md", "docs/HOOKS.md"} {
		blocks, err := shown.Blocks(document, "bpflint")
		require.NoError(t, err)
		for _, b := range blocks {
			var out, errs bytes.Buffer
			run(b.Args, &console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
			require.Equal(t, b.Output, out.String(), "%s: bpflint %s", document, b.Args)
			require.Empty(t, errs.String())
		}
	}
}
