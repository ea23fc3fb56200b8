package maps_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/internal/quiet"
)

// entries is how many elements the maps have that are measured.
const entries = 10000

// BenchmarkMaps measures what programs do with full maps, with keys in no
// order.
func BenchmarkMaps(b *testing.B) {
	for _, spec := range []maps.Spec{
		{Type: ebpf.Array, KeySize: 4},
		{Type: ebpf.PerCPUArray, KeySize: 4},
		{Type: ebpf.Hash, KeySize: 4},
		{Type: ebpf.Hash, KeySize: 8},
		{Type: ebpf.Hash, KeySize: 16},
		{Type: ebpf.Hash, KeySize: 37},
		{Type: ebpf.PerCPUHash, KeySize: 8},
		{Type: ebpf.LRUHash, KeySize: 8},
		{Type: ebpf.LRUCPUHash, KeySize: 8},
	} {
		spec.ValueSize, spec.MaxEntries = 8, entries
		name := fmt.Sprintf("%s/%d", spec.Type, spec.KeySize)
		m, _ := newMap(b, spec)
		keys := filled(b, m)
		value := make([]byte, 8)
		i := 0
		each := func(do func(key []byte) bool) func(b *testing.B) {
			return func(b *testing.B) {
				b.ReportAllocs()
				quiet.Least(b, quiet.Batch(func() {
					if i += 7919; i >= entries {
						i -= entries
					}
					if !do(keys[i]) {
						b.Fatal("failed")
					}
				}))
			}
		}
		b.Run("lookup/"+name, each(func(key []byte) bool { return m.Lookup(0, key) != 0 }))
		b.Run("update/"+name, each(func(key []byte) bool { return m.Update(0, key, value, maps.Any) == errno.OK }))
		if m.Delete(keys[0]) != errno.OK {
			continue
		}
		m.Update(0, keys[0], value, maps.Any)
		b.Run("delete+update/"+name, each(func(key []byte) bool {
			return m.Delete(key) == errno.OK && m.Update(0, key, value, maps.NoExist) == errno.OK
		}))
	}
}

// filled fills a map and returns its keys.
func filled(b *testing.B, m maps.Map) [][]byte {
	keys := make([][]byte, entries)
	for i := range keys {
		keys[i] = make([]byte, m.Spec().KeySize)
		binary.LittleEndian.PutUint32(keys[i], uint32(i))
		if e := m.Update(0, keys[i], make([]byte, 8), maps.Any); e != errno.OK {
			b.Fatal(e)
		}
	}
	return keys
}
