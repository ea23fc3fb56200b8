package vm_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/oracle"
)

func BenchmarkCompute(b *testing.B) {
	for _, p := range computePrograms {
		b.Run(p.name, func(b *testing.B) {
			cpu, code := newCPU(b, slots(p.insns))
			n, start := 0, cpuTime()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cpu.Run(code); err != nil {
					b.Fatal(err)
				}
				n += cpu.Executed()
			}
			b.ReportMetric(float64(cpuTime()-start)/float64(n), "cpu-ns/insn")
		})
	}
}

// BenchmarkKernel runs the same programs in the running kernel, with its JIT
// if that is on.
func BenchmarkKernel(b *testing.B) {
	for _, p := range computePrograms {
		b.Run(p.name, func(b *testing.B) {
			if p.deep {
				b.Skip("the verifier finds too many paths")
			}
			loaded := liveProgram(b, p.insns)
			cpu, code := newCPU(b, slots(p.insns))
			_, err := cpu.Run(code)
			require.NoError(b, err)
			_, each, err := loaded.Benchmark(make([]byte, 64), max(b.N, 100), func() {})
			require.NoError(b, err)
			b.ReportMetric(float64(each.Nanoseconds()), "ns/op")
			b.ReportMetric(float64(each.Nanoseconds())/float64(cpu.Executed()), "ns/insn")
		})
	}
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

func BenchmarkEmpty(b *testing.B) {
	cpu, code := newCPU(b, []cfg.Insn{{Op: cfg.AluMOV | cfg.ClassALU64}, {Op: cfg.OpEXIT}})
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		if _, err := cpu.Run(code); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
}

// cpuTime is the processor time of the process, which other processes on the
// machine do not disturb as they do the wall time.
func cpuTime() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}
