package helper

import "github.com/bpflint/bpflint/exec/mem"

// A Registry is the device of the region in which the maps have their
// addresses: programs may read struct bpf_map there.

// Load reads a part of a map's struct.
func (r *Registry) Load(off uint32, size int) (uint64, bool) {
	b := r.Bytes(off, size, false)
	if b == nil {
		return 0, false
	}
	return mem.Get(b), true
}

// Store is refused.
func (r *Registry) Store(uint32, int, uint64) bool { return false }

// Bytes returns a part of a map's struct, which lies in one piece.
func (r *Registry) Bytes(off uint32, n int, write bool) []byte {
	list := *r.list.Load()
	number, at := int(off/mapStride), int(off%mapStride)
	if write || r.Object == nil || number >= len(list) {
		return nil
	}
	object := r.Object(number, list[number].Map)
	if n < 0 || at+n > len(object) {
		return nil
	}
	return object[at : at+n : at+n]
}
