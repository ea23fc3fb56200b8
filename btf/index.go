package btf

import (
	"bytes"
	"sync"
)

// nameCache remembers the outcome of searches.
type nameCache struct {
	mu    sync.Mutex
	found map[nameKey]ID
}

type nameKey struct {
	kind Kind
	name string
}

// Find returns the first type of a kind with a name; false when there is none.
// A struct or union is found by KindStruct or KindUnion only.
func (t *Types) Find(kind Kind, name string) (ID, bool) {
	if t.base != nil {
		if id, ok := t.base.Find(kind, name); ok {
			return id, true
		}
	}
	key := nameKey{kind, name}
	t.names.mu.Lock()
	defer t.names.mu.Unlock()
	id, ok := t.names.found[key]
	if !ok {
		if t.names.found == nil {
			t.names.found = make(map[nameKey]ID)
		}
		id = t.search(kind, []byte(name))
		t.names.found[key] = id
	}
	return id, id != 0
}

// search looks a name up in the strings first, which a machine does at the
// speed of its memory, and then compares offsets.
func (t *Types) search(kind Kind, name []byte) ID {
	if len(name) == 0 {
		return 0
	}
	skip := uint32(0)
	if t.base != nil {
		skip = uint32(len(t.base.strings))
	}
	var offsets [8]uint32
	places := offsets[:0]
	needle := append(bytes.Clone(name), 0)
	for at := 0; ; {
		i := bytes.Index(t.strings[at:], needle)
		if i < 0 {
			break
		}
		at += i
		places = append(places, uint32(at)+skip)
		at++
	}
	for i, at := range t.offsets {
		if Kind(t.u32(t.types, at+4)>>24&0x1f) != kind {
			continue
		}
		off := t.u32(t.types, at)
		for _, p := range places {
			if p == off {
				return t.first + ID(i)
			}
		}
	}
	if t.base != nil { // the name may be one of the base's strings
		return t.searchBytes(kind, name)
	}
	return 0
}

func (t *Types) searchBytes(kind Kind, name []byte) ID {
	for i, at := range t.offsets {
		if Kind(t.u32(t.types, at+4)>>24&0x1f) == kind && bytes.Equal(t.strBytes(t.u32(t.types, at)), name) {
			return t.first + ID(i)
		}
	}
	return 0
}
