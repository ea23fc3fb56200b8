package mem_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/mem"
)

// Compilers compare only the lower half of a pointer with null when they know
// that it is a pointer's.
func TestLowerHalfIsNotNull(t *testing.T) {
	space := mem.NewSpace()
	for range 3 {
		addr := space.Add(mem.Region{R: make([]byte, 8)}, mem.Info{})
		require.NotZero(t, uint32(addr))
		region, off := mem.Split(addr)
		require.Zero(t, off)
		require.Equal(t, addr, mem.Addr(region))
	}
}

func TestFaults(t *testing.T) {
	space := mem.NewSpace()
	view := mem.NewView(space)
	first := space.Add(mem.Region{R: make([]byte, 8)}, mem.Info{Name: "the first"})
	space.Add(mem.Region{R: make([]byte, 8), W: make([]byte, 8)}, mem.Info{Name: "the second"})
	for _, c := range []struct {
		addr  uint64
		write bool
		want  string
	}{
		{0, false, "read of 8 bytes at NULL"},
		{77, false, "read of 8 bytes at 0x4d, which is not a valid pointer"},
		{first + 1, false, "read of 8 bytes at offset 1 of the first, which has 8 bytes"},
		{first - 1, false, "read of 8 bytes at offset -1 of the first, which has 8 bytes"},
		{first, true, "write of 8 bytes at offset 0 of the first, which is read-only"},
		{first + 1<<mem.OffsetBits - 4, true, "write of 8 bytes at offset -4 of the second, which has 8 bytes"},
	} {
		var err error
		if c.write {
			err = view.Store(c.addr, 8, 0)
		} else {
			_, err = view.Load(c.addr, 8)
		}
		require.EqualError(t, err, c.want)
	}
}

// Regions that were added together are as far apart as the copies of per-CPU
// objects.
func TestAddEach(t *testing.T) {
	space := mem.NewSpace()
	view := mem.NewView(space)
	regions := []mem.Region{{R: []byte{1}}, {R: []byte{2}}, {R: []byte{3}}}
	addr := space.AddEach(regions, func(int) mem.Info { return mem.Info{} })
	for i := range regions {
		v, err := view.Load(addr+uint64(i)<<mem.OffsetBits, 1)
		require.NoError(t, err)
		require.EqualValues(t, i+1, v)
	}
}
