package agree

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/passes"
)

// TestErrorInjection compares with a Linux 7.2.12 that was built from Debian's
// sources with CONFIG_BPF_KPROBE_OVERRIDE, which no target has.
func TestErrorInjection(t *testing.T) {
	records, err := record.ReadFile("testdata/7.2-override.jsonl")
	require.NoError(t, err)
	target := Target(linux.V7_2.Recorded(), "")
	target.Injects = linux.V7_2.InjectsErrors
	report, err := Run(Config{Root: "../../../testdata/objects", Records: records, Target: target, Suite: passes.Suite()})
	require.NoError(t, err)
	require.Len(t, report.Cases, len(records))
	for _, c := range report.Cases {
		require.Equal(t, Agree, c.Class, "%s of %s: kernel %s %q, ours %s %q", c.Kernel.Program, c.Kernel.Object,
			c.Kernel.Verdict, Message(c.Kernel), c.Ours.Verdict, c.Ours.Message)
	}
}
