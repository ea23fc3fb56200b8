package absint_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// contest is what two verifiers took for the same programs.
type contest struct {
	programs        int
	insns           int // processed by ours
	kernelInsns     int
	ours, kernel    time.Duration
	mallocs         uint64
	largest         string
	largestOurs     time.Duration
	largestKernel   time.Duration
	largestMeasured int // instructions that the kernel processed in it
}

// rounds is how often each program is explored by both; the best time counts.
const rounds = 3

// BenchmarkBesideKernel explores all programs of the corpus that both accept,
// and lets the running kernel load the same programs in between. The kernel's
// time is the one that its log names.
func BenchmarkBesideKernel(b *testing.B) {
	dir := shared(b)
	kernel, err := oracle.Open()
	if err != nil {
		b.Skip(err)
	}
	session := kernel.NewSession()
	defer session.Close()
	rows := readVerdicts(b, filepath.Join(dir, "corpus", "verdicts", "6.18-live.jsonl"))
	var c contest
	for b.Loop() {
		c = contest{}
		var object string
		var spec *ebpf.CollectionSpec
		for _, r := range rows {
			if r.Verdict != "accept" {
				continue
			}
			if r.Object != object {
				object, spec = r.Object, nil
				if image, err := os.ReadFile(filepath.Join(dir, "corpus", "objects", object)); err == nil {
					spec, _ = load.Parse(image)
				}
			}
			if spec != nil && spec.Programs[r.Program] != nil {
				c.add(b, session, spec, r, kernel.Target())
			}
		}
	}
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	b.Logf("largest: %s, %d instructions", c.largest, c.largestMeasured)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(c.programs), "programs")
	b.ReportMetric(float64(c.kernel.Microseconds()), "kernel-usec")
	b.ReportMetric(float64(c.ours.Microseconds()), "usec")
	b.ReportMetric(float64(c.ours)/float64(c.kernel), "time-ratio")
	b.ReportMetric(float64(c.largestOurs)/float64(c.largestKernel), "largest-ratio")
	b.ReportMetric(float64(c.insns)/float64(c.kernelInsns), "insn-ratio")
	b.ReportMetric(float64(c.mallocs)/float64(c.insns), "allocs/insn")
	b.ReportMetric(float64(use.Maxrss)/1024, "MB-peak-RSS")
}

// add explores one program in turns.
func (c *contest) add(b *testing.B, s *oracle.Session, spec *ebpf.CollectionSpec, r recorded, tg *prog.Target) {
	ps := spec.Programs[r.Program]
	ps.Type, ps.AttachType = ebpf.ProgramType(r.ProgType), ebpf.AttachType(r.AttachType)
	p, err := prog.Link(spec, r.Program, tg)
	if err != nil {
		return
	}
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		return
	}
	var best, bestKernel time.Duration
	var ours *absint.Result
	var before, after runtime.MemStats
	for i := range rounds {
		answer, err := s.Load(p, oracle.Options{})
		if err != nil || answer.Verdict != oracle.Accept {
			return
		}
		runtime.ReadMemStats(&before)
		start := time.Now()
		if ours, err = absint.Verify(p, g, absint.Options{}); err != nil || ours.Verdict != absint.Accept {
			return
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		kernel := time.Duration(answer.Stats.Usec) * time.Microsecond
		if i == 0 || took < best {
			best = took
		}
		if i == 0 || kernel < bestKernel {
			bestKernel = kernel
		}
		r.Processed = answer.Stats.Processed
	}
	c.programs++
	c.insns += ours.Stats.ProcessedInsns
	c.kernelInsns += r.Processed
	c.ours += best
	c.kernel += bestKernel
	c.mallocs += after.Mallocs - before.Mallocs
	if r.Processed > c.largestMeasured {
		c.largest, c.largestMeasured = r.Object+":"+r.Program, r.Processed
		c.largestOurs, c.largestKernel = best, bestKernel
	}
}
