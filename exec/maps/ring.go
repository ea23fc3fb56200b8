package maps

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// Ring is a BPF ring buffer (Linux, Documentation/bpf/ringbuf.rst): several
// producers reserve records in order, fill them in any order, and one consumer
// sees a record once it and all before it are committed. A reservation that
// does not fit fails; nothing waits.
//
// Positions only grow; a record lies at its position modulo the size. The data
// is twice as long as the ring, as in Linux, where the pages are mapped twice,
// so that a record that reaches over the end is in one piece. Here the second
// half is memory of its own: what a record leaves there is copied to the start
// of the ring when it is committed, and nobody else owns those bytes before.
type Ring struct {
	noKeys
	base uint64
	data []byte // twice the size
	size uint64

	consumer atomic.Uint64
	producer atomic.Uint64
	reserve  sync.Mutex // among producers
	pending  uint64     // position of the first record that is not committed; under reserve

	wakeups atomic.Uint64
	wake    chan struct{}
}

// Bits of a record's header, and its length.
const (
	RingBusy    = 1 << 31
	RingDiscard = 1 << 30
	RingHeader  = 8
)

// Flags of commit, discard and output.
const (
	RingNoWakeup    = 1
	RingForceWakeup = 2
)

// ringMetaPages is how many pages precede the data in the kernel's object; the
// second word of a header counts pages from there.
const ringMetaPages = 3

func newRing(s Spec, o Options) (Map, error) {
	size := uint64(s.MaxEntries)
	switch {
	case s.KeySize != 0 || s.ValueSize != 0:
		return nil, errors.New("key and value size must be 0")
	case size == 0 || size&(size-1) != 0 || size%4096 != 0:
		return nil, errors.New("max_entries must be a power of two and a multiple of 4096")
	case size > 1<<29:
		return nil, errTooBig
	}
	r := &Ring{size: size, data: make([]byte, 2*size), wake: make(chan struct{}, 1)}
	r.base = o.Space.Add(mem.Region{R: r.data, W: r.data}, mem.Info{Name: "records of map " + s.Name})
	r.noKeys = noKeys{spec: s, stack: noStack{}}
	return r, nil
}

// noStack is for maps without keys that are no stacks.
type noStack struct{}

func (noStack) Push([]byte, uint64) errno.Errno { return errno.ENOTSUPP }
func (noStack) Pop([]byte) errno.Errno          { return errno.ENOTSUPP }
func (noStack) Peek([]byte) errno.Errno         { return errno.ENOTSUPP }

// Contains reports whether an address lies in the ring's records.
func (r *Ring) Contains(addr uint64) bool { return addr-r.base < uint64(len(r.data)) }

// header is the first word of the record at a position. Positions are
// multiples of 8, so it never reaches over the end.
func (r *Ring) header(pos uint64) *uint32 {
	b := r.data[pos&(r.size-1):][:RingHeader]
	return (*uint32)(unsafe.Pointer(unsafe.SliceData(b)))
}

func recordLen(head uint32) uint64 {
	return (uint64(head&^(RingBusy|RingDiscard)) + RingHeader + 7) &^ 7
}

// Reserve returns the address of a new record of size bytes, 0 when there is
// no room.
func (r *Ring) Reserve(size uint64) uint64 {
	if size > 1<<30-1 {
		return 0
	}
	n := (size + RingHeader + 7) &^ 7
	if n > r.size {
		return 0
	}
	r.reserve.Lock()
	defer r.reserve.Unlock()
	pos := r.producer.Load()
	r.advancePending(pos)
	end := pos + n
	if end-r.consumer.Load() > r.size-1 || end-r.pending > r.size-1 {
		return 0
	}
	off := pos & (r.size - 1)
	binary.LittleEndian.PutUint32(r.data[off+4:], uint32(ringMetaPages+off/4096))
	atomic.StoreUint32(r.header(pos), uint32(size)|RingBusy)
	r.producer.Store(end)
	return r.base + off + RingHeader
}

// advancePending moves over records that were committed.
func (r *Ring) advancePending(producer uint64) {
	for r.pending < producer {
		head := atomic.LoadUint32(r.header(r.pending))
		if head&RingBusy != 0 {
			return
		}
		r.pending += recordLen(head)
	}
}

// Commit makes the record at an address visible, or drops it. An address that
// is no reserved record's gives EINVAL, which the verifier excludes.
func (r *Ring) Commit(addr uint64, flags uint64, discard bool) errno.Errno {
	off := addr - r.base - RingHeader
	if off >= r.size || off%8 != 0 {
		return errno.EINVAL
	}
	head := atomic.LoadUint32(r.header(off))
	end := off + recordLen(head)
	if head&RingBusy == 0 || end > uint64(len(r.data)) {
		return errno.EINVAL
	}
	if end > r.size {
		copyValue(r.data[:end-r.size], r.data[r.size:end])
	}
	head &^= RingBusy
	if discard {
		head |= RingDiscard
	}
	atomic.StoreUint32(r.header(off), head)
	caughtUp := r.consumer.Load()&(r.size-1) == off
	if flags&RingForceWakeup != 0 || caughtUp && flags&RingNoWakeup == 0 {
		r.wakeups.Add(1)
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	return errno.OK
}

// Output copies a record.
func (r *Ring) Output(value []byte, flags uint64) errno.Errno {
	if flags&^(RingNoWakeup|RingForceWakeup) != 0 {
		return errno.EINVAL
	}
	addr := r.Reserve(uint64(len(value)))
	if addr == 0 {
		return errno.EAGAIN
	}
	copyValue(r.data[addr-r.base:], value)
	return r.Commit(addr, flags, false)
}

// Query returns what bpf_ringbuf_query does: 0 the bytes that are not
// consumed, 1 the size, 2 the consumer's position, 3 the producer's.
func (r *Ring) Query(what uint64) uint64 {
	switch what {
	case 0:
		consumer := r.consumer.Load()
		return r.producer.Load() - consumer
	case 1:
		return r.size
	case 2:
		return r.consumer.Load()
	case 3:
		return r.producer.Load()
	}
	return 0
}

// Read passes on the records that can be consumed, in order, and frees their
// room; it returns how many there were. Only one goroutine may read. The bytes
// are valid during the call.
func (r *Ring) Read(f func(record []byte)) int {
	count := 0
	for pos := r.consumer.Load(); pos < r.producer.Load(); {
		head := atomic.LoadUint32(r.header(pos))
		if head&RingBusy != 0 {
			break
		}
		if head&RingDiscard == 0 {
			off := pos&(r.size-1) + RingHeader
			f(r.data[off : off+uint64(head)])
			count++
		}
		pos += recordLen(head)
		r.consumer.Store(pos)
	}
	return count
}

// Wake receives a value when the consumer should be notified.
func (r *Ring) Wake() <-chan struct{} { return r.wake }

// Wakeups counts the notifications.
func (r *Ring) Wakeups() uint64 { return r.wakeups.Load() }

// Data returns the ring's bytes, as a consumer maps them.
func (r *Ring) Data() []byte { return r.data[:r.size] }
