package cfg_test

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// TestDisasm compares with what kernels wrote into their logs; testdata/README.md
// says how that was recorded.
func TestDisasm(t *testing.T) {
	files, _ := filepath.Glob("testdata/listing-*.txt")
	require.NotEmpty(t, files)
	for _, file := range files {
		version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "listing-"), ".txt")
		t.Run(version, func(t *testing.T) {
			kernel, err := linux.ParseVersion(version)
			require.NoError(t, err)
			f, err := os.Open(file)
			require.NoError(t, err)
			defer f.Close()
			printer := cfg.Printer{Kernel: kernel}
			count := 0
			for lines := bufio.NewScanner(f); lines.Scan(); count++ {
				code, want, ok := strings.Cut(lines.Text(), " ")
				require.True(t, ok)
				raw, err := hex.DecodeString(code)
				require.NoError(t, err)
				insns, err := cfg.Decode(raw, little)
				require.NoError(t, err)
				insns = append(insns, cfg.Insn{}) // of 16-byte instructions
				if kernel.Has(linux.ConstantBranches) && strings.HasPrefix(want, "(05)") {
					continue // a branch that became a jump: see package precheck
				}
				require.Equal(t, want, printer.Insn(insns, 0), "%v", insns[0])
			}
			require.Greater(t, count, 200)
		})
	}
}
