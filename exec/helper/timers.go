package helper

import (
	"cmp"
	"container/heap"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Timers are what programs want to run later: timers and work. In its map
// value a timer is a number, which is 0 before it is initialised and when the
// element was deleted or replaced since.
type Timers struct {
	used  atomic.Bool // one was started
	mu    sync.Mutex
	known map[uint64]*timer // by address
	last  uint64            // number of a timer
	queue dueQueue
	seq   uint64 // number of the last start
	// current is the timer whose callback a CPU runs.
	current map[*vm.CPU]*timer
	ended   *sync.Cond // a callback came to its end
}

// NewTimers returns a set without timers.
func NewTimers() *Timers {
	t := &Timers{known: make(map[uint64]*timer), current: make(map[*vm.CPU]*timer)}
	t.ended = sync.NewCond(&t.mu)
	return t
}

// Used reports whether a timer was ever started.
func (t *Timers) Used() bool { return t.used.Load() }

type timer struct {
	number        uint64
	addr, mapAddr uint64
	code          *vm.Code // with the callback; nil before it is set
	callback      uint64
	due, start    uint64 // of one that is armed: the time of Env.Now, and the number of the start
	at            int    // in the queue, -1 when it is not armed
	running       bool
	cancelling    int // calls that wait for the callback to end
}

// at returns the timer at an address, nil when it is not initialised.
func (t *Timers) at(c *vm.CPU, addr uint64) (*timer, error) {
	b, err := c.Mem.Read(addr, 8)
	if err != nil {
		return nil, err
	}
	if x := t.known[addr]; x != nil && x.number == mem.Get(b) {
		return x, nil
	}
	return nil, nil
}

// Init makes a timer of the bytes at an address, in a value of a map.
func (t *Timers) Init(c *vm.CPU, addr, mapAddr uint64) (errno.Errno, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, err := t.at(c, addr)
	switch {
	case err != nil:
		return 0, err
	case old != nil:
		return errno.EBUSY, nil
	}
	_, err = t.make(c, addr, mapAddr)
	return errno.OK, err
}

func (t *Timers) make(c *vm.CPU, addr, mapAddr uint64) (*timer, error) {
	b, err := c.Mem.Write(addr, 8)
	if err != nil {
		return nil, err
	}
	if gone := t.known[addr]; gone != nil { // of an element that was deleted
		t.disarm(gone)
	}
	t.last++
	made := &timer{number: t.last, addr: addr, mapAddr: mapAddr, at: unarmed}
	t.known[addr] = made
	mem.Put(b, t.last)
	return made, nil
}

// Once has a callback called as soon as may be. What waits for that, or runs, is
// EBUSY.
func (t *Timers) Once(c *vm.CPU, addr, mapAddr, callback uint64) (errno.Errno, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x, err := t.at(c, addr)
	if x == nil && err == nil {
		x, err = t.make(c, addr, mapAddr)
	}
	switch {
	case err != nil:
		return 0, err
	case x.at != unarmed || x.running:
		return errno.EBUSY, nil
	}
	x.code, x.callback = c.Code(), callback
	t.arm(x, 0)
	return errno.OK, nil
}

// SetCallback sets what the timer calls.
func (t *Timers) SetCallback(c *vm.CPU, addr, callback uint64) (errno.Errno, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.at(c, addr)
	if found == nil || err != nil {
		return errno.EINVAL, err
	}
	found.code, found.callback = c.Code(), callback
	return errno.OK, nil
}

// Start arms the timer for a time.
func (t *Timers) Start(c *vm.CPU, addr, due uint64) (errno.Errno, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.at(c, addr)
	if found == nil || err != nil || found.code == nil {
		return errno.EINVAL, err
	}
	t.disarm(found)
	t.arm(found, due)
	return errno.OK, nil
}

func (t *Timers) arm(x *timer, due uint64) {
	t.seq++
	x.due, x.start = due, t.seq
	heap.Push(&t.queue, x)
	t.used.Store(true)
}

// disarm takes a timer out of the queue, and reports whether it was there.
func (t *Timers) disarm(x *timer) bool {
	if x.at == unarmed {
		return false
	}
	heap.Remove(&t.queue, x.at)
	return true
}

// Cancel disarms the timer, waits until its callback does not run, and forgets
// it; the result is 1 when the timer was armed. What would wait for itself, or
// for who waits for it, is EDEADLK.
func (t *Timers) Cancel(c *vm.CPU, addr uint64) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.at(c, addr)
	switch own := t.current[c]; {
	case err != nil:
		return 0, err
	case found == nil:
		return errno.EINVAL.Ret(), nil
	case own != nil && (own == found || found.running && own.cancelling > 0):
		return errno.EDEADLK.Ret(), nil
	}
	was := t.disarm(found)
	found.code = nil
	found.cancelling++
	for found.running {
		t.ended.Wait()
	}
	found.cancelling--
	return boolean(was), nil
}

// dueCall is a callback that is due, as it was set when its timer was taken.
type dueCall struct {
	timer    *timer
	due      uint64
	code     *vm.Code
	callback uint64
}

// next takes the timer that is due first; false when none is by a time.
func (t *Timers) next(c *vm.CPU, end uint64) (dueCall, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 && t.queue[0].due <= end {
		x := heap.Pop(&t.queue).(*timer)
		if now, err := t.at(c, x.addr); err != nil || now != x {
			continue // its element was deleted
		}
		x.running = true
		t.current[c] = x
		return dueCall{x, x.due, x.code, x.callback}, true
	}
	return dueCall{}, false
}

// maxFired bounds how many callbacks one call of Run does: a timer may arm
// itself again for now.
const maxFired = 1 << 16

// Run calls the callbacks that are due by a time, earliest first, and returns
// how many. Before each, advance is called with the time when it is due.
func (t *Timers) Run(c *vm.CPU, end uint64, advance func(to uint64)) (int, error) {
	for n := range maxFired {
		due, ok := t.next(c, end)
		if !ok {
			return n, nil
		}
		advance(due.due)
		if err := t.fire(c, due); err != nil {
			return n, err
		}
	}
	return maxFired, fmt.Errorf("timers fired %d times without an end", maxFired)
}

// fire calls the callback with the map, the key and the value.
func (t *Timers) fire(c *vm.CPU, due dueCall) error {
	x := due.timer
	defer func() {
		t.mu.Lock()
		x.running = false
		delete(t.current, c)
		t.ended.Broadcast()
		t.mu.Unlock()
	}()
	e := EnvOf(c)
	m, ok := e.Maps.At(x.mapAddr).(interface {
		Element(addr uint64) (key []byte, value uint64, ok bool)
	})
	if !ok {
		return fmt.Errorf("map of a timer has no elements")
	}
	key, value, ok := m.Element(x.addr)
	if !ok {
		return fmt.Errorf("a timer is not in its map")
	}
	shown, at, takeBack := e.giveKey(c, len(key))
	defer takeBack()
	copy(shown, key)
	_, err := c.RunFunc(due.code, due.callback, x.mapAddr, at, value)
	return err
}

// unarmed is the place in the queue of a timer that is not in it.
const unarmed = -1

// dueQueue is a heap of the armed timers by time; what is due at the same time
// runs in the order of its start.
type dueQueue []*timer

func (q dueQueue) Len() int { return len(q) }
func (q dueQueue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].due, q[j].due), cmp.Compare(q[i].start, q[j].start)) < 0
}

func (q dueQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

// Push appends a timer.
func (q *dueQueue) Push(x any) {
	last := x.(*timer)
	last.at = len(*q)
	*q = append(*q, last)
}

// Pop removes the last timer.
func (q *dueQueue) Pop() any {
	n := len(*q) - 1
	last := (*q)[n]
	last.at = unarmed
	(*q)[n] = nil
	*q = (*q)[:n]
	return last
}
