package precheck_test

import (
	"testing"

	"github.com/bpflint/bpflint/cfg/internal/corpus"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// TestCorpus compares with what kernels recorded of real objects.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("links all objects for five kernels")
	}
	for _, kernel := range linux.Targets() {
		programs, rejected, wrong := 0, 0, 0
		corpus.Verdicts(t, kernel, func(want corpus.Verdict, p *prog.Program) {
			programs++
			r := precheck.Check(p)
			switch {
			case r != nil && (r.Errno != want.Errno || r.Kernel != want.Msg):
				wrong++
				t.Errorf("%s: %s:%s: %s %s\nthe kernel says: %s %s", kernel, want.Object, want.Program, r.Errno, r.Kernel, want.Errno, want.Msg)
			case r == nil && foundBefore(want.Msg):
				wrong++
				t.Errorf("%s: %s:%s: accepted\nthe kernel says: %s %s", kernel, want.Object, want.Program, want.Errno, want.Msg)
			case r != nil:
				rejected++
			}
		})
		t.Logf("%s: %d programs, %d rejected before exploration; %.2f %% agree on that", kernel, programs, rejected,
			100*float64(programs-wrong)/float64(programs))
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, kernel := range []linux.Version{linux.V6_18, linux.V7_2} {
		b.Run(kernel.String(), func(b *testing.B) {
			programs := corpus.Programs(b, kernel)
			slots := 0
			for _, p := range programs {
				slots += len(p.Insns)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range programs {
					if r := precheck.Check(p); r != nil {
						b.Fatal(r)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(slots), "ns/slot")
		})
	}
}
