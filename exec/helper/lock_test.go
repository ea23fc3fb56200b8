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

// Of two CPUs that want each other's lock, one is refused.
func TestResilientLockCycle(t *testing.T) {
	own := [2]uint64{64, 128}
	r := helper.NewRegistry(mem.NewSpace(), 2)
	for cpu, lock := range own {
		require.Equal(t, errno.OK, r.LockResilient(lock, cpu))
	}
	require.Equal(t, errno.EDEADLK, r.LockResilient(own[0], 0), "its own")
	type result struct {
		cpu int
		e   errno.Errno
	}
	results := make(chan result, 2)
	for cpu := range own {
		go func() { results <- result{cpu, r.LockResilient(own[1-cpu], cpu)} }()
	}
	first := <-results
	require.Equal(t, errno.EDEADLK, first.e)
	require.NoError(t, r.Unlock(own[first.cpu]))
	require.Equal(t, result{1 - first.cpu, errno.OK}, <-results)
	require.NoError(t, r.Unlock(own[0]))
	require.NoError(t, r.Unlock(own[1]))
	require.Error(t, r.Unlock(own[1]))
}
