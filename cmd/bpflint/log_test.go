package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// The logs were compared with those of Linux 6.18: the same lines, but for
// addresses of maps and what the kernel says of its backtracking.
func TestLog(t *testing.T) {
	for name, args := range map[string]string{
		"refused":   "xdp_map_no_null_check.bpf.o",
		"paths":     "xdp_count_protocols.bpf.o --level 2",
		"last-path": "xdp_count_protocols.bpf.o --level 1",
		"functions": "prog_array_calls.bpf.o --program from_a_function --level 2",
		"global":    "func_global.bpf.o --program reads_unchecked --level 2",
		"malformed": "structure.bpf.o --program jumps_out",
	} {
		t.Run(name, func(t *testing.T) {
			fields := strings.Fields(args)
			fields[0] = filepath.Join("..", "..", "testdata", "objects", fields[0])
			var out, errs bytes.Buffer
			code := run(append([]string{"log"}, fields...), &console{stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
			require.Empty(t, errs.String())
			require.Equal(t, exitClean, code)
			golden := filepath.Join("testdata", "log-"+name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), out.String())
		})
	}
}
