package maps

import (
	"sync"
	"sync/atomic"
)

// lru orders the elements of a map by use, with one bit for each as Linux
// does: a lookup only sets the bit, and the search for a victim gives an
// element with the bit a second chance. Which of the unused elements goes
// first is not promised; here it is the oldest.
type lru struct {
	used []atomic.Uint32 // 1 when the element was used since the last look

	mu         sync.Mutex
	prev, next []uint32 // a ring; 0 is its head, next[0] the newest
	in         []bool
}

func newLRU(count int) *lru {
	return &lru{
		used: make([]atomic.Uint32, count), prev: make([]uint32, count), next: make([]uint32, count), in: make([]bool, count),
	}
}

// touch notes that an element was used.
func (l *lru) touch(i uint32) {
	if l.used[i].Load() == 0 {
		l.used[i].Store(1)
	}
}

// insert makes an element the newest.
func (l *lru) insert(i uint32) {
	l.used[i].Store(0)
	l.mu.Lock()
	l.push(i)
	l.mu.Unlock()
}

func (l *lru) remove(i uint32) {
	l.mu.Lock()
	if l.in[i] {
		l.cut(i)
	}
	l.mu.Unlock()
}

// oldest returns the element to evict, 0 when there is none.
func (l *lru) oldest() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		i := l.prev[0]
		if i == 0 || l.used[i].Swap(0) == 0 {
			return i
		}
		l.cut(i)
		l.push(i)
	}
}

func (l *lru) push(i uint32) {
	n := l.next[0]
	l.next[0], l.prev[i], l.next[i], l.prev[n] = i, 0, n, i
	l.in[i] = true
}

func (l *lru) cut(i uint32) {
	l.next[l.prev[i]], l.prev[l.next[i]] = l.next[i], l.prev[i]
	l.in[i] = false
}
