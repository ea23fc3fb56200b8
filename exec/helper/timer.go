package helper

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Timers are what programs want to run later: timers and work. In its map
// value a timer is a number, which is 0 before it is initialised.
type Timers struct {
	used atomic.Bool // one was started
	mu   sync.Mutex
	list []*timer // by number, from 1
}

// Used reports whether a timer was ever started.
func (t *Timers) Used() bool { return t.used.Load() }

type timer struct {
	addr, mapAddr uint64
	code          *vm.Code // with the callback; nil before it is set
	callback      uint64
	armed         bool
	due           uint64 // in the time of Env.Now
	running       bool
}

// at returns the timer at an address, nil when it is not initialised.
func (t *Timers) at(c *vm.CPU, addr uint64) (*timer, error) {
	b, err := c.Mem.Read(addr, 8)
	if err != nil {
		return nil, err
	}
	if n := mem.Get(b); n > 0 && n <= uint64(len(t.list)) && t.list[n-1].addr == addr {
		return t.list[n-1], nil
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
	b, err := c.Mem.Write(addr, 8)
	if err != nil {
		return 0, err
	}
	t.list = append(t.list, &timer{addr: addr, mapAddr: mapAddr})
	mem.Put(b, uint64(len(t.list)))
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
	found.armed, found.due = true, due
	t.used.Store(true)
	return errno.OK, nil
}

// Cancel disarms the timer and forgets its callback; the result is 1 when it
// was armed.
func (t *Timers) Cancel(c *vm.CPU, addr uint64) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.at(c, addr)
	switch {
	case err != nil:
		return 0, err
	case found == nil:
		return errno.EINVAL.Ret(), nil
	case found.running:
		return errno.EDEADLK.Ret(), nil
	}
	was := found.armed
	found.armed, found.code = false, nil
	if was {
		return 1, nil
	}
	return 0, nil
}

// next takes the timer that is due first, nil when none is by now.
func (t *Timers) next(c *vm.CPU, now uint64) *timer {
	t.mu.Lock()
	defer t.mu.Unlock()
	var due []*timer
	for i, x := range t.list {
		if !x.armed || x.due > now {
			continue
		}
		if b, err := c.Mem.Read(x.addr, 8); err != nil || mem.Get(b) != uint64(i+1) {
			x.armed = false // its element was deleted
			continue
		}
		due = append(due, x)
	}
	if len(due) == 0 {
		return nil
	}
	first := slices.MinFunc(due, func(a, b *timer) int { return cmp.Compare(a.due, b.due) })
	first.armed, first.running = false, true
	return first
}

// maxFired bounds how many callbacks one call of Run does: a timer may arm
// itself again for now.
const maxFired = 1 << 16

// Run calls the callbacks that are due, earliest first, and returns how many.
func (t *Timers) Run(c *vm.CPU, now uint64) (int, error) {
	for n := range maxFired {
		x := t.next(c, now)
		if x == nil {
			return n, nil
		}
		err := x.fire(c)
		t.mu.Lock()
		x.running = false
		t.mu.Unlock()
		if err != nil {
			return n, err
		}
	}
	return maxFired, fmt.Errorf("timers fired %d times without an end", maxFired)
}

// fire calls the callback with the map, the key and the value.
func (x *timer) fire(c *vm.CPU) error {
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
	scratch, at := e.scratch(c, len(key))
	copy(scratch, key)
	_, err := c.RunFunc(x.code, x.callback, x.mapAddr, at, value)
	return err
}

func timerInit(c *vm.CPU) (uint64, error) {
	const realtime, monotonic, boottime = 0, 1, 7
	switch c.R[3] {
	case realtime, monotonic, boottime:
	default:
		return ret(errno.EINVAL)
	}
	e, err := EnvOf(c).Timers.Init(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func timerSetCallback(c *vm.CPU) (uint64, error) {
	e, err := EnvOf(c).Timers.SetCallback(c, c.R[1], c.R[2])
	return e.Ret(), err
}

func timerStart(c *vm.CPU) (uint64, error) {
	const absolute, pinned = 1, 2
	due, flags := c.R[2], c.R[3]
	if flags&^(absolute|pinned) != 0 {
		return ret(errno.EINVAL)
	}
	if flags&absolute == 0 {
		due += EnvOf(c).Now()
	}
	e, err := EnvOf(c).Timers.Start(c, c.R[1], due)
	return e.Ret(), err
}

func timerCancel(c *vm.CPU) (uint64, error) { return EnvOf(c).Timers.Cancel(c, c.R[1]) }
