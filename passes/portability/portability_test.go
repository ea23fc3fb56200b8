package portability_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/passes/portability"
)

func TestPortability(t *testing.T) {
	zero := asm.Mov.Imm(asm.R0, 0)
	for _, tt := range []struct {
		name  string
		typ   ebpf.ProgramType
		insns asm.Instructions
		want  []string
	}{
		{"nothing new", ebpf.XDP, asm.Instructions{zero, asm.Return()}, nil},
		{"an old helper", ebpf.XDP, asm.Instructions{asm.FnKtimeGetNs.Call(), asm.Return()}, nil},
		{"a program type", ebpf.Netfilter, asm.Instructions{zero, asm.Return()}, []string{
			"lint/needs-kernel -1: needs Linux 6.4 or later for the program type Netfilter",
		}},
		{"a helper", ebpf.XDP, asm.Instructions{zero, asm.FnLoop.Call(), asm.Return()}, []string{
			"lint/needs-kernel 1: needs Linux 5.17 or later for bpf_loop",
		}},
		{"the newest of two", ebpf.Syscall, asm.Instructions{asm.FnLoop.Call(), asm.FnKtimeGetTaiNs.Call(), asm.Return()}, []string{
			"lint/needs-kernel 1: needs Linux 6.1 or later for bpf_ktime_get_tai_ns",
		}},
		{"an instruction", ebpf.XDP, asm.Instructions{zero, asm.SDiv.Imm(asm.R0, 2), asm.Return()}, []string{
			"lint/needs-kernel 1: needs Linux 6.6 or later for instructions of cpu v4",
		}},
		{"atomic add", ebpf.XDP, asm.Instructions{zero, asm.AddAtomic.Mem(asm.R10, asm.R0, asm.DWord, -8), asm.Return()}, nil},
		{"atomic exchange", ebpf.XDP, asm.Instructions{zero, asm.Xchg.Mem(asm.R10, asm.R0, asm.DWord, -8), asm.Return()}, []string{
			"lint/needs-kernel 1: needs Linux 5.12 or later for atomic operations with fetch",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passtest.Run(t, portability.Analyzer, linux.V7_2, passtest.Program(tt.typ, tt.insns...))
			require.ElementsMatch(t, tt.want, got)
		})
	}
}
