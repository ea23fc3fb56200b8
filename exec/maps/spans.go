package maps

import "slices"

// spans are the free pages of an arena as ranges, in the order in which they
// became what they are. An allocation takes from the shortest range that is long
// enough, of several the latest, as the kernel does.
type spans []span

type span struct{ first, end int }

func (s span) len() int { return s.end - s.first }

// find returns the first of n free pages in a row, -1 when there are none.
func (s spans) find(n int) int {
	best := -1
	for i := range s {
		if s[i].len() >= n && (best < 0 || s[i].len() <= s[best].len()) {
			best = i
		}
	}
	if best < 0 {
		return -1
	}
	return s[best].first
}

// has reports whether a range is free.
func (s spans) has(r span) bool {
	return slices.ContainsFunc(s, func(x span) bool { return x.first <= r.first && r.end <= x.end })
}

// take makes a range used. What is left of a range becomes a new one.
func (s *spans) take(r span) {
	old := slices.Clone(*s)
	*s = slices.DeleteFunc(*s, func(x span) bool { return x.first < r.end && r.first < x.end })
	for _, x := range old {
		if x.end <= r.first || r.end <= x.first {
			continue
		}
		for _, rest := range []span{{x.first, r.first}, {r.end, x.end}} {
			if rest.len() > 0 {
				*s = append(*s, rest)
			}
		}
	}
}

// give makes a range free and joins it with its neighbours.
func (s *spans) give(r span) {
	if s.has(r) {
		return
	}
	s.take(r)
	*s = slices.DeleteFunc(*s, func(x span) bool {
		if x.end != r.first && x.first != r.end {
			return false
		}
		r = span{min(r.first, x.first), max(r.end, x.end)}
		return true
	})
	*s = append(*s, r)
}
