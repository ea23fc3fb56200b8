package maps

import (
	"encoding/binary"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
)

// Refs is a map whose values are programs or maps. Programs see the object,
// user space its ID, which is an index of the machine.
type Refs struct {
	Map
	changes sync.Mutex
	objects atomic.Pointer[map[string]any] // by key, for lookups without a lock
}

func newRefs(s Spec, o Options) (Map, error) {
	s.ValueSize = 4
	inner := newArray
	if s.Type == ebpf.HashOfMaps {
		inner = newHash
	}
	m, err := inner(s, o)
	if err != nil {
		return nil, err
	}
	r := &Refs{Map: m}
	r.objects.Store(&map[string]any{})
	return r, nil
}

// Lookup gives no address: the values are objects.
func (r *Refs) Lookup(int, []byte) uint64 { return 0 }

// Update is not possible from a program.
func (r *Refs) Update(int, []byte, []byte, uint64) errno.Errno { return errno.EINVAL }

// Set stores an object under a key. id must not be 0.
func (r *Refs) Set(key []byte, id uint32, object any, flags uint64) errno.Errno {
	r.changes.Lock()
	defer r.changes.Unlock()
	e := r.Map.Put(key, binary.LittleEndian.AppendUint32(nil, id), flags)
	if e == errno.OK {
		known := maps.Clone(*r.objects.Load())
		known[string(key)] = object
		r.objects.Store(&known)
	}
	return e
}

// Put is not possible without the object; use Set.
func (r *Refs) Put([]byte, []byte, uint64) errno.Errno { return errno.EINVAL }

// Delete removes an object.
func (r *Refs) Delete(key []byte) errno.Errno {
	r.changes.Lock()
	defer r.changes.Unlock()
	e := r.remove(key)
	if e == errno.OK {
		known := maps.Clone(*r.objects.Load())
		delete(known, string(key))
		r.objects.Store(&known)
	}
	return e
}

func (r *Refs) remove(key []byte) errno.Errno {
	if r.Spec().Type == ebpf.HashOfMaps {
		return r.Map.Delete(key)
	}
	id, e := r.Map.Get(key)
	switch {
	case e != errno.OK:
		return errno.E2BIG
	case binary.LittleEndian.Uint32(id) == 0:
		return errno.ENOENT
	}
	return r.Map.Put(key, make([]byte, 4), Any)
}

// Object returns the object under a key, nil when there is none.
func (r *Refs) Object(key []byte) any { return (*r.objects.Load())[string(key)] }
