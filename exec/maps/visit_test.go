package maps

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// What was the next element of a bucket when one was visited is visited, even if
// it was deleted in between; what was in other buckets is not.
func TestVisitDeleted(t *testing.T) {
	m, err := New(Spec{Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: 64, Flags: FlagZeroSeed},
		Options{Space: mem.NewSpace(), CPUs: 1})
	require.NoError(t, err)
	h := m.(*hash)
	in := make(map[uint32][]byte) // by bucket, the key that was put there first
	var first, second []byte      // in the order of visits
	for i := byte(0); first == nil; i++ {
		key := []byte{i, 0, 0, 0}
		require.Equal(t, errno.OK, m.Put(key, make([]byte, 8), Any))
		at := hashKey(key, 0) & uint32(len(h.buckets)-1)
		if second = in[at]; second != nil {
			first = key
		}
		in[at] = key
	}
	reached := false
	var after [][]byte
	Visit(m, 0, func(key []byte, _ uint64) bool {
		if reached {
			after = append(after, key)
			return true
		}
		if reached = string(key) == string(first); reached {
			for _, key := range in {
				_ = m.Delete(key) // some are visited before
			}
			require.Equal(t, errno.OK, m.Delete(second))
		}
		return true
	})
	require.Equal(t, [][]byte{second}, after)
}
