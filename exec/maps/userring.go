package maps

import (
	"encoding/binary"
	"errors"
	"sync/atomic"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// UserRing is a user ring buffer: user space produces records, a program drains
// them. The layout is that of Ring.
type UserRing struct {
	noKeys
	base uint64
	data []byte
	size uint64

	consumer atomic.Uint64
	producer atomic.Uint64
	busy     atomic.Bool
}

func newUserRing(s Spec, o Options) (Map, error) {
	size := uint64(s.MaxEntries)
	switch {
	case s.KeySize != 0 || s.ValueSize != 0:
		return nil, errors.New("key and value size must be 0")
	case size == 0 || size&(size-1) != 0 || size%4096 != 0:
		return nil, errors.New("max_entries must be a power of two and a multiple of 4096")
	case size > 1<<29:
		return nil, errTooBig
	}
	r := &UserRing{size: size, data: make([]byte, 2*size)}
	r.base = o.Space.Add(mem.Region{R: r.data}, mem.Info{Name: "records of map " + s.Name})
	r.noKeys = noKeys{spec: s, stack: noStack{}}
	return r, nil
}

// Send appends a record; ENOSPC when there is no room.
func (r *UserRing) Send(record []byte) errno.Errno {
	n := (uint64(len(record)) + RingHeader + 7) &^ 7
	pos := r.producer.Load()
	if pos+n-r.consumer.Load() > r.size {
		return errno.ENOSPC
	}
	framed := append(binary.LittleEndian.AppendUint64(nil, uint64(len(record))), record...)
	for i, b := range framed {
		// Both copies of the ring show the same bytes.
		at := (pos + uint64(i)) & (r.size - 1)
		r.data[at], r.data[at+r.size] = b, b
	}
	r.producer.Store(pos + n)
	return errno.OK
}

// Lock claims the ring for a consumer; false when another has it.
func (r *UserRing) Lock() bool { return r.busy.CompareAndSwap(false, true) }

// Unlock ends that.
func (r *UserRing) Unlock() { r.busy.Store(false) }

// Peek returns the next record. ENODATA means that there is none, EAGAIN that
// one was dropped by its producer and skipped.
func (r *UserRing) Peek() (addr uint64, size uint32, e errno.Errno) {
	const most = 1<<24 - 1 // of a dynamic pointer
	producer, consumer := r.producer.Load(), r.consumer.Load()
	switch {
	case producer%8 != 0:
		return 0, 0, errno.EINVAL
	case consumer >= producer:
		return 0, 0, errno.ENODATA
	}
	off := consumer & (r.size - 1)
	head := binary.LittleEndian.Uint32(r.data[off:])
	n := uint64(head &^ (RingBusy | RingDiscard))
	total := recordLen(head)
	switch {
	case total > producer-consumer:
		return 0, 0, errno.EINVAL
	case total > r.size || n > most:
		return 0, 0, errno.E2BIG
	case head&RingDiscard != 0:
		r.consumer.Store(consumer + total)
		return 0, 0, errno.EAGAIN
	case head&RingBusy != 0:
		return 0, 0, errno.ENODATA
	}
	return r.base + off + RingHeader, uint32(n), errno.OK
}

// Release frees the room of the record that Peek returned.
func (r *UserRing) Release(size uint32) { r.consumer.Add(recordLen(size)) }
