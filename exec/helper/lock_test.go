package helper_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/mem"
)

// CPUs that take a resilient lock in turns lose nothing.
func TestResilientLockOnCPUs(t *testing.T) {
	const cpus, rounds = 4, 500
	m, p := machine(t, "locks", "here_count", exec.Config{CPUs: cpus})
	var wait sync.WaitGroup
	var failed [cpus]uint32
	for cpu := range cpus {
		wait.Go(func() {
			for range rounds {
				out, err := p.Run(exec.Input{Data: make([]byte, 64), CPU: cpu})
				if err != nil {
					t.Error(err)
					return
				}
				failed[cpu] += out.Return
			}
		})
	}
	wait.Wait()
	require.Equal(t, [cpus]uint32{}, failed)
	value, err := m.Map("values").Lookup(make([]byte, 4))
	require.NoError(t, err)
	require.EqualValues(t, cpus*rounds, binary.LittleEndian.Uint32(value[4:]))
}

// Two CPUs that want each other's lock do not wait for each other.
func TestResilientLockCycle(t *testing.T) {
	const a, b = 64, 128
	r := helper.NewRegistry(mem.NewSpace(), 2)
	require.Equal(t, errno.OK, r.LockResilient(a, 0))
	require.Equal(t, errno.OK, r.LockResilient(b, 1))
	require.Equal(t, errno.EDEADLK, r.LockResilient(a, 0), "its own")
	first := make(chan errno.Errno)
	go func() { first <- r.LockResilient(b, 0) }()
	require.Eventually(t, func() bool { return r.LockResilient(a, 1) == errno.EDEADLK }, 5e9, 1e6)
	require.NoError(t, r.Unlock(b))
	require.Equal(t, errno.OK, <-first)
	require.NoError(t, r.Unlock(b))
	require.Error(t, r.Unlock(b))
}
