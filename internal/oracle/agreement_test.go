package oracle_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle/agree"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/passes"
)

// TestAgreement compares bpflint with what real kernels said of the project's
// own objects. It fails on every wrong verdict that testdata/known.txt does not
// list; what is not modelled yet is counted only.
func TestAgreement(t *testing.T) {
	objects, ok := upward.Find("testdata/objects")
	require.True(t, ok)
	known := knownCases(t)
	for _, report := range reports(t, filepath.Dir(objects)) {
		for i := range report.Cases {
			c := &report.Cases[i]
			if c.Class != agree.FalseAccept && c.Class != agree.FalseReject {
				continue
			}
			name := fmt.Sprintf("%s %s %s: %s", report.Kernel, c.Kernel.Object, c.Kernel.Program, c.Class)
			if !known[name] {
				t.Errorf("%s\n  kernel: %s %q at %d\n  ours: %s %q at %d", name, c.Kernel.Verdict, agree.Message(c.Kernel),
					c.Kernel.ErrInsn, c.Ours.Verdict, c.Ours.Message, c.Ours.Insn)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Logf("agrees now, remove it from testdata/known.txt: %s", name)
	}
}

// knownCases are wrong verdicts that somebody has yet to look into.
func knownCases(t *testing.T) map[string]bool {
	text, err := os.ReadFile("testdata/known.txt")
	require.NoError(t, err)
	known := make(map[string]bool)
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	return known
}

// TestAgreementCorpus does the same with real objects, where they are at hand,
// and only prints: these programs show what is to be done next.
func TestAgreementCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("judges a thousand programs for five kernels")
	}
	corpus, ok := upward.Find("shared/corpus")
	if !ok {
		t.Skip("no corpus here")
	}
	for _, report := range reports(t, corpus) {
		require.NotEmpty(t, report.Cases)
	}
}

func reports(t *testing.T, data string) []*agree.Report {
	var all []*agree.Report
	for _, v := range linux.Targets() {
		records, err := record.ReadFile(filepath.Join(data, "verdicts", v.String()+".jsonl"))
		if errors.Is(err, fs.ErrNotExist) && v != linux.DefaultTarget() {
			t.Logf("Linux %s: no verdicts are recorded", v)
			continue
		}
		require.NoError(t, err)
		report, err := agree.Run(agree.Config{
			Root: filepath.Join(data, "objects"), Records: records, Target: agree.Target(v.Recorded(), ""), Suite: passes.Suite(),
		})
		require.NoError(t, err)
		var table strings.Builder
		require.NoError(t, report.WriteTable(&table))
		t.Log("\n" + table.String())
		all = append(all, report)
	}
	return all
}
