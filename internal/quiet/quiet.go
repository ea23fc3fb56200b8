// Package quiet measures on a machine that is busy with other things.
package quiet

import (
	"math"
	"testing"
	"time"
)

// batch is how long one measurement should take: long for a clock, and so short
// that some of them meet no other process.
const batch = 20 * time.Microsecond

// inTurn is how often something is measured before the next is: a processor
// forgets in a system call how a program branches, and has to learn it again.
const inTurn = 64

// Batch returns what runs f a number of times and returns the nanoseconds that
// one took.
func Batch(f func()) func() float64 {
	n := 1
	for n < 1<<20 && min(elapsed(f, n), elapsed(f, n), elapsed(f, n)) < batch {
		n *= 2
	}
	return func() float64 { return float64(elapsed(f, n)) / float64(n) }
}

func elapsed(f func(), n int) time.Duration {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start)
}

// Least measures by turns for as long as the benchmark takes, and returns the
// least that each measurement gave. The first becomes the benchmark's ns/op.
// Beside it stands cal-ns, the least time of a fixed piece of work: a dependent
// multiplication and addition, four cycles on most processors. By it figures of
// different machines, or of a machine in different moods, can be compared.
func Least(b *testing.B, measurements ...func() float64) []float64 {
	all := append([]func() float64{calibration}, measurements...)
	least := make([]float64, len(all))
	for i := range least {
		least[i] = math.Inf(1)
	}
	for b.Loop() {
		for i, measure := range all {
			for range inTurn {
				least[i] = min(least[i], measure())
			}
		}
	}
	b.ReportMetric(least[0], "cal-ns")
	b.ReportMetric(least[1], "ns/op")
	return least[1:]
}

// sink keeps the compiler from leaving out what is measured.
var sink uint64

// calibration measures the fixed piece of work.
func calibration() float64 {
	const n = 4096
	x, start := sink, time.Now()
	for range n {
		x = x*0x9e3779b97f4a7c15 + 1
	}
	sink = x
	return float64(time.Since(start)) / n
}
