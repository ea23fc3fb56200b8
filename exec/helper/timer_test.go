package helper_test

import (
	"encoding/binary"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
)

// machine loads a program of an object of testdata.
func machine(t *testing.T, object, program string, cfg exec.Config) (*exec.Machine, *exec.Program) {
	image, err := os.ReadFile("testdata/" + object + ".bpf.o")
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	m := exec.New(cfg)
	p, err := m.LoadSpec(spec, program, target.New(linux.DefaultTarget(), linux.CapAll, ""))
	require.NoError(t, err)
	return m, p
}

// noted returns what a program left in a word of its variable out.
func noted(t *testing.T, m *exec.Machine, i int) uint64 {
	b, err := m.Map(outSection).Lookup(make([]byte, 4))
	require.NoError(t, err)
	return binary.LittleEndian.Uint64(b[8*i:])
}

// A timer that starts itself again fires at each of its times, however far the
// clock moves at once.
func TestPeriodicTimer(t *testing.T) {
	m, p := machine(t, "timers", "here_periodic", exec.Config{})
	_, err := p.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(t, err)
	n, err := m.RunTimers(0, 10*time.Millisecond+500*time.Microsecond)
	require.NoError(t, err)
	require.Equal(t, 10, n)
	require.EqualValues(t, 10, noted(t, m, 0))
	n, err = m.RunTimers(0, time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// Timers of several CPUs share what their maps hold.
func TestTimersOnCPUs(t *testing.T) {
	const cpus, rounds = 4, 200
	m, p := machine(t, "timers", "restarted", exec.Config{CPUs: cpus})
	var wait sync.WaitGroup
	for cpu := range cpus {
		wait.Go(func() {
			for range rounds {
				_, err := p.Run(exec.Input{Data: make([]byte, 64), CPU: cpu})
				require.NoError(t, err)
			}
		})
	}
	wait.Wait()
	_, err := m.RunTimers(0, time.Second)
	require.NoError(t, err)
	require.NotZero(t, noted(t, m, 1))
}
