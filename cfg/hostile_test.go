package cfg_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
)

// hostile are functions that make the worst of an algorithm which walks up
// trees, or over the same loop again and again. Each gives the distance of the
// jump at a slot.
var hostile = map[string]func(r *rand.Rand, slot, n int) int{
	"ladder": func(_ *rand.Rand, slot, n int) int { return n - 1 - slot },
	"nest":   func(_ *rand.Rand, slot, _ int) int { return -slot },
	"to the start of a long ladder": func(_ *rand.Rand, slot, n int) int {
		if slot < n/2 {
			return n/2 - slot
		}
		return n - 1 - slot
	},
	"forward and back": func(_ *rand.Rand, slot, n int) int { return n - 1 - 2*slot },
	"anywhere":         func(r *rand.Rand, slot, n int) int { return r.IntN(n) - slot },
	"irreducible": func(_ *rand.Rand, slot, _ int) int {
		if slot%2 == 0 {
			return 5 // into the next loop but at its head
		}
		return -5
	},
}

// TestHostileGraphs bounds memory by the number of slots. Algorithms that take
// quadratic time would not come to an end.
func TestHostileGraphs(t *testing.T) {
	n := 300_000
	if testing.Short() {
		n = 50_000
	}
	for name, distance := range hostile {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 6))
			insns := make([]cfg.Insn, n)
			for i := range insns {
				off := distance(r, i, n)
				off = min(max(off, math.MinInt16+1, -i), math.MaxInt16, n-1-i)
				insns[i] = jeq(int16(off - 1))
			}
			insns[n-1] = exit()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			g, err := cfg.Build(insns, cfg.Options{})
			require.NoError(t, err)
			g.Dominators()
			g.PostDominators()
			g.Loops()
			g.Calls()
			g.Live(nil)
			runtime.ReadMemStats(&after)
			perSlot := (after.TotalAlloc - before.TotalAlloc) / uint64(n)
			t.Logf("%d bytes for a slot", perSlot)
			require.Less(t, perSlot, uint64(600))
		})
	}
}
