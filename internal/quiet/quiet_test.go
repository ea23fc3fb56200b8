package quiet_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/quiet"
)

// TestLeast checks that each measurement has its own least, and that the
// metrics are there.
func TestLeast(t *testing.T) {
	var least []float64
	down, up := 1000.0, 0.0
	r := testing.Benchmark(func(b *testing.B) {
		least = quiet.Least(b,
			func() float64 { down /= 2; return down + 7 },
			func() float64 { up++; return up })
	})
	require.InDelta(t, 7, least[0], 1)
	require.Equal(t, 1.0, least[1])
	require.Equal(t, least[0], r.Extra["ns/op"])
	require.Greater(t, r.Extra["cal-ns"], 0.0)
}

// TestBatch checks that a batch gives the time of one run.
func TestBatch(t *testing.T) {
	x := uint64(1)
	work := func(n int) func() {
		return func() {
			for range n {
				x = x*3 + 1
			}
		}
	}
	one, ten := quiet.Batch(work(1000)), quiet.Batch(work(10000))
	least := [2]float64{math.Inf(1), math.Inf(1)}
	for range 1000 {
		least[0], least[1] = min(least[0], one()), min(least[1], ten())
	}
	require.InDelta(t, 10, least[1]/least[0], 5)
}
