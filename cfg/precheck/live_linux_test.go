package precheck_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/internal/linux"
)

// TestLive asks the running kernel about programs that nobody has recorded.
func TestLive(t *testing.T) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip(err)
	}
	version, err := linux.ParseVersion(strings.TrimSpace(string(release)))
	if err != nil || linux.For(version).Version != version {
		t.Skipf("the running kernel %s is no target", release)
	}
	kernel, err := ask.NewKernel()
	if err != nil {
		t.Skip(err)
	}
	random := 8000
	if testing.Short() {
		random = 2000
	}
	differ := 0
	for i, c := range ask.Generate(7, random) {
		if !c.Caps.Has(linux.CapBPF) {
			continue // another test's process may not decide about that
		}
		if c.Type == ebpf.LSM {
			continue // some machines refuse it to everybody
		}
		want, err := kernel.Ask(c)
		if err != nil {
			t.Fatal(err)
		}
		if needsTypes(want.Message) {
			continue
		}
		if got := compare(version, c, want); got != "" {
			if differ++; differ < 10 {
				t.Errorf("case %d, a %s with %s: %s\nthe kernel says: %s %s\n%s", i, c.Type, c.Caps, got, want.Errno, want.Message, listing(c.Insns))
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d differ", differ)
	}
}
