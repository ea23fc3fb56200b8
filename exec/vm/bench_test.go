package vm_test

import (
	"errors"
	"golang.org/x/sys/unix"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// noLinker is for programs that refer to nothing.
type noLinker struct{}

var errNotLinked = errors.New("program refers to something")

func (noLinker) Helper(int32) (vm.Func, error)                          { return nil, errNotLinked }
func (noLinker) Kfunc(int32, int16) (vm.Func, error)                    { return nil, errNotLinked }
func (noLinker) TailCall() vm.TailCall                                  { return nil }
func (noLinker) Const(uint8, int32, int32) (uint64, error)              { return 0, errNotLinked }
func (noLinker) LegacyLoad(*vm.CPU, int64, int) (value uint64, ok bool) { return 0, false }

func newCPU(t testing.TB, insns []cfg.Insn) (*vm.CPU, *vm.Code) {
	space := mem.NewSpace()
	code, err := vm.Load(insns, vm.Options{Name: "test", Linker: noLinker{}, Space: space})
	require.NoError(t, err)
	return vm.NewCPU(0, mem.NewView(space)), code
}

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
