package exec_test

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/target"
)

// computeResults are what the programs of testdata/compute/compute.bpf.c return.
var computeResults = map[string]uint32{
	"hash": 0xe45c448a, "jhash": 0xb8c8a091, "sieve": 54, "sort": 0xdea1bf42, "parse": 0x4cc31800,
	"bits": 0x816120d8, "copy": 0x010abb5e, "calls": 0xa2da3147, "divide": 0x27ad9560,
}

// computePacket is a packet of IPv4 and UDP with a payload that looks random.
func computePacket() []byte {
	p := make([]byte, 300)
	x := uint32(1)
	for i := range p[:255] {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	copy(p[12:], []byte{8, 0, 0x45, 0, 1, 30, 0, 7, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 4, 5, 6, 0x30, 0x39, 0, 53, 1, 10})
	sum := uint32(0)
	for i := 14; i < 34; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	binary.BigEndian.PutUint16(p[24:], ^uint16(sum+sum>>16))
	return p
}

// TestCompute runs the programs that are measured, and compares their results
// with recorded ones and the running kernel's.
func TestCompute(t *testing.T) {
	spec, err := ebpf.LoadCollectionSpec("testdata/compute/compute.bpf.o")
	require.NoError(t, err)
	kernel, err := oracle.Open()
	if err != nil || testing.Short() {
		kernel = nil
	}
	for name, want := range computeResults {
		program, err := exec.New(exec.Config{}).LoadSpec(spec.Copy(), name, target.New(linux.DefaultTarget(), linux.CapAll, ""))
		require.NoError(t, err)
		out, err := program.Run(exec.Input{Data: computePacket()})
		require.NoError(t, err, name)
		require.Equal(t, want, out.Return, name)
		if kernel == nil {
			continue
		}
		loaded, err := ebpf.NewProgram(spec.Programs[name].Copy())
		require.NoError(t, err, name)
		got, data, err := loaded.Test(computePacket())
		loaded.Close()
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		require.Equal(t, out.Data, data, name)
	}
}
