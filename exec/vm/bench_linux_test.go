package vm_test

import (
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/quiet"
)

// BenchmarkCompute runs programs, and beside them, where it may be asked, the
// running kernel with its JIT.
func BenchmarkCompute(b *testing.B) {
	for _, p := range computePrograms {
		b.Run(p.name, func(b *testing.B) { beside(b, p.insns, p.deep) })
	}
}

// BenchmarkEmpty is what a run costs that does nothing.
func BenchmarkEmpty(b *testing.B) {
	beside(b, asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}, false)
}

// beside measures a program here and in the running kernel, by turns.
func beside(b *testing.B, insns asm.Instructions, deep bool) {
	cpu, code := newCPU(b, slots(insns))
	measurements := []func() float64{quiet.Batch(func() {
		if _, err := cpu.Run(code); err != nil {
			b.Fatal(err)
		}
	})}
	if _, err := oracle.Open(); err == nil && !deep {
		measurements = append(measurements, kernelBatch(b, liveProgram(b, insns)))
	}
	b.ReportAllocs()
	least := quiet.Least(b, measurements...)
	n := float64(cpu.Executed())
	b.ReportMetric(least[0]/n, "ns/insn")
	if len(least) > 1 {
		b.ReportMetric(least[1]/n, "jit-ns/insn")
		b.ReportMetric(least[0]/least[1], "x-jit")
	}
}

// kernelBatch measures a program in the kernel.
func kernelBatch(b *testing.B, p *ebpf.Program) func() float64 {
	run := func(repeat int) time.Duration {
		_, each, err := p.Benchmark(make([]byte, 64), repeat, func() {})
		require.NoError(b, err)
		return each
	}
	n := max(1, int(20*time.Microsecond/max(1, run(100))))
	return func() float64 { return float64(run(n)) }
}

// TestComputeLive compares the programs' results with the running kernel's.
func TestComputeLive(t *testing.T) {
	if testing.Short() {
		t.Skip("loads programs")
	}
	for _, p := range computePrograms {
		if p.deep {
			continue
		}
		got, _, err := liveProgram(t, p.insns).Test(make([]byte, 64))
		require.NoError(t, err)
		require.Equal(t, uint32(p.want), got, p.name)
	}
}

func liveProgram(t testing.TB, insns asm.Instructions) *ebpf.Program {
	insns[0] = insns[0].WithSymbol("entry")
	if _, err := oracle.Open(); err != nil {
		t.Skipf("no kernel to ask: %v", err)
	}
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SocketFilter, Instructions: insns, License: "GPL"})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}
