package agree

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/passes"
)

// TestReducedCaps asks the running kernel about some of the project's objects
// with some of the capabilities, and compares. CAP_NONE is left out: what it may
// do depends on kernel.unprivileged_bpf_disabled.
func TestReducedCaps(t *testing.T) {
	k, err := oracle.Open()
	if err != nil {
		t.Skip(err)
	}
	root := "../../../testdata/objects"
	var paths []string
	for _, pattern := range []string{"caps_*", "kprobe_re*", "cgroup_*", "lwt*", "sk_*", "tc_m*", "sleepable_*", "progarray_*", "xdp_f*", "syscall*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		paths = append(paths, found...)
	}
	for _, caps := range []linux.Caps{
		linux.CapBPF, linux.CapBPF | linux.CapPerfmon, linux.CapBPF | linux.CapNetAdmin,
		linux.CapBPF | linux.CapPerfmon | linux.CapNetAdmin,
	} {
		var records []record.Record
		for _, path := range paths {
			image, err := os.ReadFile(path)
			require.NoError(t, err)
			spec, err := load.Parse(image)
			require.NoError(t, err)
			found, err := record.Object(k, filepath.Base(path), spec, record.Options{Caps: &caps})
			require.NoError(t, err)
			records = append(records, found...)
		}
		target := k.Target()
		target.Caps = caps
		report, err := Run(Config{Root: root, Records: records, Target: target, Suite: passes.Suite()})
		require.NoError(t, err)
		require.NotEmpty(t, report.Cases)
		for _, c := range report.Cases {
			if c.Class == FalseAccept || c.Class == FalseReject {
				t.Errorf("with %s: %s of %s: %s\n  kernel: %s %q\n  ours: %s %q", caps, c.Kernel.Program, c.Kernel.Object, c.Class,
					c.Kernel.Verdict, Message(c.Kernel), c.Ours.Verdict, c.Ours.Message)
			}
		}
	}
}
