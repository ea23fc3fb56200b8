package helper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/maps"
)

func TestUserRing(t *testing.T) {
	m, p := machine(t, "userring", "here_all", exec.Config{})
	ring := m.Map("ring").Raw().(*maps.UserRing)
	run := func() {
		_, err := p.Run(exec.Input{Data: make([]byte, 64)})
		require.NoError(t, err)
	}
	for _, record := range [][]byte{{1, 0, 0, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0, 0, 0, 9}, {3}} {
		require.Equal(t, errno.OK, ring.Send(record))
	}
	run()
	require.EqualValues(t, 3, noted(t, m, 0), "records")
	require.EqualValues(t, 1, noted(t, m, 2))
	require.EqualValues(t, 2, noted(t, m, 3))
	const tooBig = -7 << 32 // a record of one byte has no eight
	require.EqualValues(t, int64(tooBig), int64(noted(t, m, 4)))
	run()
	require.Zero(t, noted(t, m, 0), "all were taken")

	// The ring takes what fits and tells what does not.
	for range 4096 / 24 {
		require.Equal(t, errno.OK, ring.Send(make([]byte, 16)))
	}
	require.Equal(t, errno.ENOSPC, ring.Send(make([]byte, 16)))
	run()
	require.EqualValues(t, 4096/24, noted(t, m, 0))
	require.Equal(t, errno.OK, ring.Send(make([]byte, 16)), "across the end of the ring")
	run()
	require.EqualValues(t, 1, noted(t, m, 0))
}

// A callback that returns 1 leaves the records after its own.
func TestUserRingStops(t *testing.T) {
	m, p := machine(t, "userring", "here_two", exec.Config{})
	ring := m.Map("ring").Raw().(*maps.UserRing)
	for range 5 {
		require.Equal(t, errno.OK, ring.Send(make([]byte, 8)))
	}
	for _, want := range []uint64{2, 1, 1, 1, 0} {
		_, err := p.Run(exec.Input{Data: make([]byte, 64)})
		require.NoError(t, err)
		require.Equal(t, want, noted(t, m, 0))
	}
}
