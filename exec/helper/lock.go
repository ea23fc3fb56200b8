package helper

import (
	"errors"
	"sync"
	"time"

	"github.com/bpflint/bpflint/exec/errno"
)

// locks are the spin locks in map values that are held, by address, with the CPU
// that holds them. They are not held for long, so one mutex for all is enough;
// what a lock protects is between the programs.
type locks struct {
	mu   sync.Mutex
	held map[uint64]int
	// waits are the locks that CPUs wait for which must not wait forever.
	waits map[int]uint64
}

var (
	errDeadlock = errors.New("spin lock is held for a second: deadlock")
	errUnlocked = errors.New("spin lock is not held")
)

// resilientWait is how long a resilient lock is waited for.
const resilientWait = 500 * time.Millisecond

func (l *locks) lock(addr uint64, cpu int) error {
	if l.acquire(addr, cpu, time.Second, nil) != errno.OK {
		return errDeadlock
	}
	return nil
}

// LockResilient takes a lock unless that would be a deadlock or take too long.
func (l *locks) LockResilient(addr uint64, cpu int) errno.Errno {
	return l.acquire(addr, cpu, resilientWait, l.deadlock)
}

// acquire takes a lock. While it is held by another, refused may end the wait.
func (l *locks) acquire(addr uint64, cpu int, most time.Duration, refused func(addr uint64, cpu int) bool) errno.Errno {
	var deadline time.Time
	for {
		e := l.try(addr, cpu, refused)
		switch {
		case e != errno.EBUSY:
			return e
		case deadline.IsZero():
			deadline = time.Now().Add(most)
		case time.Now().After(deadline):
			return errno.ETIMEDOUT
		}
		time.Sleep(time.Microsecond)
	}
}

// try takes a lock if it is free; EBUSY when it is not.
func (l *locks) try(addr uint64, cpu int, refused func(addr uint64, cpu int) bool) errno.Errno {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waits, cpu)
	if _, taken := l.held[addr]; !taken {
		l.held[addr] = cpu
		return errno.OK
	}
	if refused == nil {
		return errno.EBUSY
	}
	if refused(addr, cpu) {
		return errno.EDEADLK
	}
	l.waits[cpu] = addr
	return errno.EBUSY
}

// deadlock reports whether a CPU that waits for a lock waits for itself: it holds
// the lock, or whose holder waits for one that it holds.
func (l *locks) deadlock(addr uint64, cpu int) bool {
	owner := l.held[addr]
	if owner == cpu {
		return true
	}
	wanted, waiting := l.waits[owner]
	if !waiting {
		return false
	}
	holder, held := l.held[wanted]
	return held && holder == cpu
}

// Unlock gives a lock back.
func (l *locks) Unlock(addr uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.held[addr]; !taken {
		return errUnlocked
	}
	delete(l.held, addr)
	return nil
}
