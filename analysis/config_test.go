package analysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
)

func TestReadConfig(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       analysis.File
		err        string
	}{
		{name: "empty"},
		{name: "versions keep their zeros", text: "kernel: 6.10\n", want: analysis.File{Kernels: []string{"6.10"}}},
		{
			name: "all keys",
			text: `
kernel: [5.10, 6.18]
caps: CAP_BPF, CAP_NET_ADMIN
enable: proof
disable:
  - gpl
  - lint/*
suppress:
  - id: lint/deprecated-helper
    path: old.o
    program: x*
    reason: runs on 4.19 only
`,
			want: analysis.File{
				Kernels: []string{"5.10", "6.18"}, Caps: "CAP_BPF,CAP_NET_ADMIN",
				Selection: analysis.Selection{Enable: []string{"proof"}, Disable: []string{"gpl", "lint/*"}},
				Suppress:  []analysis.Suppression{{ID: "lint/deprecated-helper", Path: "old.o", Program: "x*", Reason: "runs on 4.19 only"}},
			},
		},
		{name: "unknown key", text: "kernels: 6.1\n", err: "kernels"},
		{name: "not a list", text: "kernel: {a: b}\n", err: "line 1: want a word"},
		{name: "no reason", text: "suppress: [{id: a/b}]\n", err: "entry 1 of suppress: want an id and a reason"},
		{name: "bad pattern", text: "suppress: [{id: 'a/[', reason: r}]\n", err: "syntax error in pattern"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			got, err := analysis.ReadConfig(path)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				require.ErrorContains(t, err, path)
				return
			}
			require.NoError(t, err)
			tt.want.Path = path
			require.Equal(t, &tt.want, got)
		})
	}
}

func TestFindConfig(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	require.NoError(t, os.MkdirAll(deep, 0o700))
	want := filepath.Join(root, analysis.ConfigName)
	require.NoError(t, os.WriteFile(want, nil, 0o600))
	got, err := analysis.FindConfig(deep)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
