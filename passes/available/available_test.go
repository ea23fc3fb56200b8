package available_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/available"
	"github.com/bpflint/bpflint/passes/passtest"
)

func TestAvailable(t *testing.T) {
	for _, tt := range []struct {
		name   string
		typ    ebpf.ProgramType
		mapTyp ebpf.MapType
		kernel linux.Version
		want   []string
	}{
		{"old types", ebpf.XDP, ebpf.Hash, linux.V5_10, nil},
		{"a new program type", ebpf.Netfilter, ebpf.Hash, linux.V6_1, []string{
			"available/program-type -1: Linux 6.1 has no programs of type Netfilter",
		}},
		{"a program type that is there", ebpf.Netfilter, ebpf.Hash, linux.V6_12, nil},
		{"a new map type", ebpf.XDP, ebpf.Arena, linux.V5_10, []string{
			"available/map-type 1: map m: Linux 5.10 has no maps of type Arena",
		}},
		{"a program type of the future", 99, ebpf.Hash, linux.V7_2, []string{
			"available/program-type -1: Linux 7.2 has no programs of type ProgramType(99)",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := passtest.Program(tt.typ,
				asm.Mov.Imm(asm.R0, 0), asm.LoadMapPtr(asm.R1, 0).WithReference("m"), asm.Return())
			m := &ebpf.MapSpec{Name: "m", Type: tt.mapTyp, KeySize: 4, ValueSize: 4, MaxEntries: 1}
			require.ElementsMatch(t, tt.want, passtest.Run(t, available.Analyzer, tt.kernel, p, m))
		})
	}
}
