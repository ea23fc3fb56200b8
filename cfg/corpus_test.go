package cfg_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/corpus"
	"github.com/bpflint/bpflint/internal/linux"
)

// TestCorpus builds the graph of every real program and checks its invariants.
func TestCorpus(t *testing.T) {
	programs, insns := 0, 0
	for _, p := range corpus.Programs(t, linux.V6_18) {
		g, err := cfg.Build(p.Insns, cfg.Options{})
		require.NoError(t, err, p.Name)
		require.NoError(t, g.Check(), p.Name)
		var dot bytes.Buffer
		require.NoError(t, cfg.WriteDOT(&dot, g, cfg.DOTOptions{Title: p.Name}))
		programs, insns = programs+1, insns+len(p.Insns)
	}
	t.Logf("%d programs, %d slots", programs, insns)
}

func BenchmarkBuild(b *testing.B) {
	benchmarkCorpus(b, func(insns []cfg.Insn) {
		if _, err := cfg.Build(insns, cfg.Options{}); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkAnalyses computes all that can be asked of a graph.
func BenchmarkAnalyses(b *testing.B) {
	graphs := map[*cfg.Insn]*cfg.Graph{}
	for _, p := range corpus.Programs(b, linux.V6_18) {
		g, err := cfg.Build(p.Insns, cfg.Options{})
		require.NoError(b, err)
		graphs[&p.Insns[0]] = g
	}
	for name, run := range map[string]func(*cfg.Graph){
		"dominators": func(g *cfg.Graph) { g.Dominators() },
		"loops":      func(g *cfg.Graph) { g.Loops() },
		"calls":      func(g *cfg.Graph) { g.Calls() },
		"live":       func(g *cfg.Graph) { g.Live(nil) },
	} {
		b.Run(name, func(b *testing.B) {
			benchmarkCorpus(b, func(insns []cfg.Insn) { run(graphs[&insns[0]]) })
		})
	}
}

// benchmarkCorpus runs f on every program, and reports the time for a slot.
func benchmarkCorpus(b *testing.B, f func([]cfg.Insn)) {
	programs := corpus.Programs(b, linux.V6_18)
	slots := 0
	for _, p := range programs {
		slots += len(p.Insns)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range programs {
			f(p.Insns)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(slots), "ns/slot")
	b.ReportMetric(float64(len(programs)), "programs")
}
