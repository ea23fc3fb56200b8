package leastcaps_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/leastcaps"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/passes"
	"github.com/bpflint/bpflint/prog"
)

// TestLeastOnLiveKernel loads programs with the capabilities that are said to be
// the least, which suffice, and with one less, which does not.
func TestLeastOnLiveKernel(t *testing.T) {
	k, err := oracle.Open()
	if err != nil {
		t.Skip(err)
	}
	asked := 0
	for _, pattern := range []string{"caps_*", "kprobe_re*", "cgroup_s*", "lwt*", "sk_*", "tc_m*", "raw_*", "perf_*", "xdp_f*", "syscall*"} {
		paths, err := filepath.Glob(filepath.Join("../../testdata/objects", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			asked += ask(t, k, path)
		}
	}
	require.Greater(t, asked, 50)
}

// ask returns how many loads of the programs of an object were compared.
func ask(t *testing.T, k *oracle.Kernel, path string) (asked int) {
	image, err := os.ReadFile(path)
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	res, err := leastcaps.Find([]analysis.Object{{Path: path, Spec: spec}}, analysis.Config{Suite: passes.Suite(), Target: k.Target()})
	require.NoError(t, err)
	for _, p := range res.Objects[0].Programs {
		if !p.Loads || p.Caps&linux.CapBPF == 0 {
			continue // without it, kernel.unprivileged_bpf_disabled decides
		}
		answer, message := try(t, k, spec, p.Name, p.Caps)
		if answer == oracle.Skip {
			continue
		}
		require.Equal(t, oracle.Accept, answer, "%s of %s with %s: %s", p.Name, path, p.Caps, message)
		asked++
		p.Caps.Each(func(c linux.Caps) {
			answer, _ := try(t, k, spec, p.Name, p.Caps&^c)
			require.Equal(t, oracle.Reject, answer, "%s of %s with %s", p.Name, path, p.Caps&^c)
			asked++
		})
	}
	return asked
}

func try(t *testing.T, k *oracle.Kernel, spec *ebpf.CollectionSpec, name string, caps linux.Caps) (oracle.Verdict, string) {
	p, err := prog.Link(spec, name, k.Target())
	require.NoError(t, err)
	r, err := k.Load(p, oracle.Options{Caps: &caps})
	require.NoError(t, err)
	return r.Verdict, r.Message
}
