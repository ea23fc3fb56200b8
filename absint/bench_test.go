package absint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// BenchmarkCorpus explores real programs of different sizes. The kernel's own
// time for them is in the recorded verdicts of the live kernel.
func BenchmarkCorpus(b *testing.B) {
	dir := shared(b)
	usec := map[string]int{}
	for _, r := range readVerdicts(b, filepath.Join(dir, "corpus", "verdicts", "6.18-live.jsonl")) {
		usec[r.Object+":"+r.Program] = r.Usec
	}
	for _, c := range []struct{ object, program string }{
		{"debian-tools/biotop_0.bpf.o", "blk_account_io_done"},
		{"debian-tools/xdp-trafficgen_1.bpf.o", "xdp_handle_tcp_recv"},
		{"ebpf-samples/cilium-core_bpf_lxc.o", "tail_handle_ipv4"},
		{"ebpf-samples/cilium-core_bpf_xdp.o", "tail_lb_ipv6"},
		{"ebpf-samples/cilium-core_bpf_xdp.o", "tail_nodeport_nat_ingress_ipv6"},
	} {
		b.Run(c.program, func(b *testing.B) {
			image, err := os.ReadFile(filepath.Join(dir, "corpus", "objects", c.object))
			if err != nil {
				b.Fatal(err)
			}
			spec, err := load.Parse(image)
			if err != nil {
				b.Fatal(err)
			}
			tg := target.New(linux.V6_18, linux.CapAll, "")
			tg.CPUs = 2
			p, err := prog.Link(spec, c.program, tg)
			if err != nil {
				b.Fatal(err)
			}
			g, err := cfg.Build(p.Insns, cfg.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			insns := 0
			for b.Loop() {
				r, err := absint.Verify(p, g, absint.Options{})
				if err != nil || r.Verdict != absint.Accept {
					b.Fatal(err, r)
				}
				insns += r.Stats.ProcessedInsns
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(insns), "ns/insn")
			b.ReportMetric(float64(usec[c.object+":"+c.program]), "kernel-usec")
		})
	}
}
