package exec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// pinToFirstCPU keeps the thread on the CPU that programs see here.
func pinToFirstCPU(t *testing.T) {
	require.NoError(t, unix.SchedSetaffinity(0, &unix.CPUSet{1}))
}
