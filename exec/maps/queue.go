package maps

import (
	"errors"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
)

// queue is a queue or a stack: a ring of values without keys.
type queue struct {
	noKeys
	mu    sync.Mutex
	data  []byte
	first int // the oldest value
	count int
}

func newQueue(s Spec, o Options) (Map, error) {
	switch {
	case s.KeySize != 0:
		return nil, errors.New("key size must be 0")
	case s.MaxEntries == 0 || s.ValueSize == 0:
		return nil, errors.New("max_entries and value size must not be 0")
	case uint64(s.MaxEntries)*uint64(s.ValueSize) > MaxBytes:
		return nil, errTooBig
	}
	q := &queue{data: make([]byte, int(s.MaxEntries)*int(s.ValueSize))}
	q.noKeys = noKeys{spec: s, stack: q}
	return q, nil
}

func (q *queue) slot(i int) []byte {
	n, size := int(q.spec.MaxEntries), int(q.spec.ValueSize)
	return q.data[(q.first+i)%n*size:][:size]
}

// Push adds a value; with Exist a full queue loses its oldest.
func (q *queue) Push(value []byte, flags uint64) errno.Errno {
	if flags&NoExist != 0 || flags > Exist {
		return errno.EINVAL
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == int(q.spec.MaxEntries) {
		if flags != Exist {
			return errno.E2BIG
		}
		q.first = (q.first + 1) % q.count
		q.count--
	}
	copy(q.slot(q.count), value)
	q.count++
	return errno.OK
}

// Pop removes the next value; without one it zeroes the buffer.
func (q *queue) Pop(value []byte) errno.Errno { return q.take(value, true) }

// Peek copies the next value.
func (q *queue) Peek(value []byte) errno.Errno { return q.take(value, false) }

func (q *queue) take(value []byte, remove bool) errno.Errno {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == 0 {
		clear(value)
		return errno.ENOENT
	}
	i := 0
	if q.spec.Type == ebpf.Stack {
		i = q.count - 1
	}
	copy(value, q.slot(i))
	if remove {
		if i == 0 {
			q.first = (q.first + 1) % int(q.spec.MaxEntries)
		}
		q.count--
	}
	return errno.OK
}

// noKeys is the part of a map that has no keys.
type noKeys struct {
	spec  Spec
	stack Stack
}

func (m *noKeys) Spec() *Spec { return &m.spec }

func (m *noKeys) Lookup(int, []byte) uint64 { return 0 }

func (m *noKeys) Update(int, []byte, []byte, uint64) errno.Errno { return errno.EINVAL }

func (m *noKeys) Delete([]byte) errno.Errno { return errno.EINVAL }

func (m *noKeys) Next([]byte) ([]byte, errno.Errno) { return nil, errno.EINVAL }

// Get peeks, as user space does with a key of no bytes.
func (m *noKeys) Get([]byte) ([]byte, errno.Errno) {
	value := make([]byte, m.spec.ValueSize)
	if e := m.stack.Peek(value); e != errno.OK {
		return nil, e
	}
	return value, errno.OK
}

// Put pushes.
func (m *noKeys) Put(_, value []byte, flags uint64) errno.Errno { return m.stack.Push(value, flags) }
