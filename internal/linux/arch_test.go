package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The registers of arm64 are longer than those of x86-64, and shorter since 6.13.
func TestContextOfMachines(t *testing.T) {
	for _, v := range Targets() {
		k := For(v)
		kprobe, perf, xdp := k.Hook(2, 0, false, ""), k.Hook(7, 0, false, ""), k.Hook(6, 0, false, "")
		require.EqualValues(t, 168, kprobe.ContextOn(AMD64, v).End)
		require.EqualValues(t, v.RegsSize(ARM64), kprobe.ContextOn(ARM64, v).End)
		require.Same(t, kprobe.ContextOn(ARM64, v), kprobe.ContextOn(ARM64, v))
		require.Same(t, xdp.Context(), xdp.ContextOn(ARM64, v))
		require.EqualValues(t, 168+16, perf.ContextOn(AMD64, v).End)
		require.EqualValues(t, 272+16, perf.ContextOn(ARM64, v).End)

		// What x86-64 allows at a distance from the end of the registers, arm64 does.
		for off := int64(-32); off < 24; off++ {
			for _, size := range []uint8{1, 2, 4, 8} {
				wantUse, wantType := perf.Context().Access(168+off, size)
				use, typ := perf.ContextOn(ARM64, v).Access(272+off, size)
				require.Equal(t, wantUse, use, "%d bytes at %d", size, off)
				require.Equal(t, wantType, typ)
				wantUse, _ = kprobe.Context().Access(168+off, size)
				use, _ = kprobe.ContextOn(ARM64, v).Access(int64(v.RegsSize(ARM64))+off, size)
				require.Equal(t, wantUse, use, "%d bytes at %d", size, off)
			}
		}
	}
	require.Equal(t, 336, V6_12.RegsSize(ARM64))
	require.Equal(t, 320, V7_2.RegsSize(ARM64))
	for name, want := range map[string]Arch{"": AMD64, "amd64": AMD64, "x86_64": AMD64, "arm64": ARM64, "aarch64": ARM64} {
		got, err := ParseArch(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := ParseArch("mips")
	require.EqualError(t, err, `unknown machine "mips": want x86_64 or arm64`)
}
