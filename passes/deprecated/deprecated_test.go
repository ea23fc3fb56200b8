package deprecated_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/deprecated"
	"github.com/bpflint/bpflint/passes/passtest"
)

func TestDeprecated(t *testing.T) {
	for _, tt := range []struct {
		name   string
		helper asm.BuiltinFunc
		kernel linux.Version
		want   []string
	}{
		{"probe_read", asm.FnProbeRead, linux.V5_10, []string{"lint/deprecated-helper 1: bpf_probe_read is deprecated"}},
		{"probe_read_str", asm.FnProbeReadStr, linux.V7_2, []string{"lint/deprecated-helper 1: bpf_probe_read_str is deprecated"}},
		{"the successor", asm.FnProbeReadKernel, linux.V6_18, []string{}},
		{"before there was a successor", asm.FnProbeRead, linux.Version{Major: 5, Minor: 4}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := passtest.Program(ebpf.Kprobe, asm.Mov.Imm(asm.R3, 0), tt.helper.Call(), asm.Return())
			require.Equal(t, tt.want, passtest.Run(t, deprecated.Analyzer, tt.kernel, p))
		})
	}
}
