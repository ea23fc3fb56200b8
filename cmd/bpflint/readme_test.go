package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shown is a command in the README with the output that is said to be its.
var shown = regexp.MustCompile("(?m)^    \\$ bpflint (.*)\n\n```\n((?:.*\n)*?)```\n")

func TestReadme(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := shown.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		var out, errs bytes.Buffer
		run(strings.Fields(b[1]), &console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
		require.Equal(t, b[2], out.String(), "bpflint %s", b[1])
		require.Empty(t, errs.String())
	}
}
