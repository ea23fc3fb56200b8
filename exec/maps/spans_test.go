package maps

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSpans takes and gives ranges at random; the ranges stay apart and say of
// each page what a plain list of pages says.
func TestSpans(t *testing.T) {
	const pages = 40
	random := rand.New(rand.NewPCG(1, 2))
	s := spans{{0, pages}}
	var used [pages]bool
	for range 3_000 {
		first := random.IntN(pages)
		r := span{first, first + 1 + random.IntN(min(6, pages-first))}
		take := random.IntN(2) == 0
		if take {
			s.take(r)
		} else {
			s.give(r)
		}
		for i := r.first; i < r.end; i++ {
			used[i] = take
		}
		var free [pages + 1]bool
		for _, x := range s {
			require.Positive(t, x.len())
			for i := x.first; i < x.end; i++ {
				require.False(t, free[i], "twice")
				free[i] = true
			}
			require.True(t, x.end == pages || used[x.end], "neighbours are joined")
		}
		for i := range pages {
			require.Equal(t, !used[i], free[i])
		}
		n := 1 + random.IntN(8)
		if at := s.find(n); at >= 0 {
			require.True(t, s.has(span{at, at + n}))
		}
	}
	require.Equal(t, -1, spans{{0, 3}, {5, 7}}.find(4))
	require.Equal(t, 5, spans{{0, 3}, {5, 7}}.find(2), "the shortest")
	require.Equal(t, 5, spans{{0, 3}, {5, 8}}.find(2), "of several the latest")
}
