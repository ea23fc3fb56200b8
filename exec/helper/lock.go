package helper

import (
	"errors"
	"sync"
	"time"
)

// locks are the spin locks in map values that are held, by address. A program
// holds at most one and not for long, so one mutex for all is enough; what a
// lock protects is between the programs.
type locks struct {
	mu   sync.Mutex
	held map[uint64]bool
}

var (
	errDeadlock = errors.New("spin lock is held for a second: deadlock")
	errUnlocked = errors.New("spin lock is not held")
)

func (l *locks) lock(addr uint64) error {
	var deadline time.Time
	for {
		l.mu.Lock()
		free := !l.held[addr]
		if free {
			l.held[addr] = true
		}
		l.mu.Unlock()
		switch {
		case free:
			return nil
		case deadline.IsZero():
			deadline = time.Now().Add(time.Second)
		case time.Now().After(deadline):
			return errDeadlock
		}
		time.Sleep(time.Microsecond)
	}
}

func (l *locks) unlock(addr uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.held[addr] {
		return errUnlocked
	}
	delete(l.held, addr)
	return nil
}
