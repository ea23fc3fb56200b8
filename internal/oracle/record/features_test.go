package record_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/upward"
)

// feature is a row of testdata/features.tsv.
type feature struct {
	area, name         string
	accepted, rejected []string // "OBJECT/PROGRAM"
}

func features(t *testing.T) (data string, list []feature) {
	path, ok := upward.Find("testdata/features.tsv")
	require.True(t, ok)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		require.Len(t, f, 4, line)
		list = append(list, feature{f[0], f[1], strings.Fields(f[2]), strings.Fields(f[3])})
	}
	return filepath.Dir(path), list
}

// verdicts are what the kernels said, by program and kernel.
type verdicts map[string]map[linux.Version]string

func recorded(t *testing.T, data string) verdicts {
	all := make(verdicts)
	for _, kernel := range linux.Targets() {
		records, err := record.ReadFile(filepath.Join(data, "verdicts", kernel.String()+".jsonl"))
		require.NoError(t, err)
		for i := range records {
			r := &records[i]
			name := strings.TrimSuffix(r.Object, ".bpf.o") + "/" + r.Program
			if all[name] == nil {
				all[name] = make(map[linux.Version]string)
			}
			all[name][kernel] = string(r.Verdict)
		}
	}
	return all
}

// TestFeatures checks that each feature has a program that a kernel accepts and
// one that a kernel which has the feature rejects, and that all kernels were
// asked about both.
func TestFeatures(t *testing.T) {
	data, list := features(t)
	said := recorded(t, data)
	for _, f := range list {
		t.Run(f.area+"/"+f.name, func(t *testing.T) {
			require.NotEmpty(t, f.accepted)
			require.NotEmpty(t, f.rejected)
			has := make(map[linux.Version]bool)
			for _, program := range f.accepted {
				require.Len(t, said[program], len(linux.Targets()), program)
				accepted := false
				for kernel, verdict := range said[program] {
					if verdict == string(oracle.Accept) {
						has[kernel], accepted = true, true
					}
				}
				require.True(t, accepted, "no kernel accepts %s", program)
			}
			for _, program := range f.rejected {
				require.Len(t, said[program], len(linux.Targets()), program)
				rejected := false
				for kernel, verdict := range said[program] {
					rejected = rejected || has[kernel] && verdict == string(oracle.Reject)
				}
				require.True(t, rejected, "no kernel with the feature rejects %s", program)
			}
		})
	}
}

// TestSuffixesAreFeatures checks that every meaning that a parameter's name can
// have is among the features. Lists are not modelled yet.
func TestSuffixesAreFeatures(t *testing.T) {
	_, list := features(t)
	shown := map[linux.ArgSuffix]bool{linux.SuffixNone: true, linux.SuffixNonOwnAllowed: true}
	for _, f := range list {
		for _, kernel := range linux.Targets() {
			if f.area == "suffix" {
				shown[linux.For(kernel).SuffixOf("a"+f.name)] = true
			}
		}
	}
	for suffix := linux.SuffixNone; suffix <= linux.SuffixImplicitProgAux; suffix++ {
		require.True(t, shown[suffix], "no feature shows suffix number %d", suffix)
	}
}
