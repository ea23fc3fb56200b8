package linux

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Rows of one kernel do not overlap.
func TestHooksAreConsistent(t *testing.T) {
	type place struct {
		typ, attach uint32
		sleepable   bool
		target      string
	}
	seen := map[place]Kernels{}
	for i := range hooks {
		h := &hooks[i]
		require.NotZero(t, h.Kernels)
		targets := strings.Fields(h.Targets)
		if len(targets) == 0 {
			targets = []string{AnyTarget}
		}
		for _, target := range targets {
			at := place{h.Type, h.Attach, h.Sleepable, target}
			require.Zero(t, seen[at]&h.Kernels, "%+v", at)
			seen[at] |= h.Kernels
		}
		require.LessOrEqual(t, h.Ret.Min, h.Ret.Max)
		typed := h.Type == progTracing || h.Type == progStructOps || h.Type == 29
		require.Equal(t, typed, h.Context() == nil, "%+v", h)
		for _, level := range []Caps{CapNone, CapBPF, CapBPF | CapPerfmon, CapSysAdmin} {
			if h.Caps == CapNone && h.Type != 1 && h.Type != 8 {
				t.Errorf("type %d needs no capability", h.Type)
			}
			if h.calls[3] == 0 {
				continue // bpf_dummy_ops: no helpers at all
			}
			allowed := level.Has(h.Caps &^ CapNetAdmin)
			require.Equal(t, allowed, h.MayCall(5, level) || h.MayCall(1, level) || h.MayCall(14, level), "%+v %v", h, level)
		}
	}
}

func TestHookLookup(t *testing.T) {
	k := For(V6_18)
	const xdp, cgroupSkb, sockAddr, connect4 = 6, 8, 18, 10

	h := k.Hook(xdp, 37, false, "")
	require.NotNil(t, h)
	require.Same(t, h, k.Hook(xdp, 1000, false, ""), "the value is ignored")
	require.Nil(t, k.Hook(xdp, 0, true, ""), "XDP programs do not sleep")
	require.Equal(t, PacketWrite, h.Packet)
	require.True(t, h.MayCall(44, CapAll), "bpf_xdp_adjust_head")
	require.False(t, h.MayCall(26, CapAll), "bpf_skb_load_bytes")

	use, typ := h.Context().Access(0, 4)
	require.Equal(t, ContextRead, use)
	require.Equal(t, CtxPacket, typ)
	for _, bad := range []struct {
		off  int64
		size uint8
	}{{-4, 4}, {2, 4}, {0, 8}, {0, 3}, {0, 16}, {24, 4}, {1 << 40, 1}} {
		use, _ := h.Context().Access(bad.off, bad.size)
		require.Zero(t, use, "%+v", bad)
	}

	require.Nil(t, k.Hook(cgroupSkb, 5, false, ""))
	h = k.Hook(sockAddr, connect4, false, "")
	require.Equal(t, RetRange{0, 1, true, false}, h.Ret)
	require.Equal(t, SockAddr, k.HelperOf(h, 84).Variant)
	require.Nil(t, k.HelperOf(h, NumHelpers))

	const lsm, lsmMac = 29, 27
	h = k.Hook(lsm, lsmMac, false, "bpf_lsm_file_open")
	require.Same(t, h, k.Hook(lsm, lsmMac, false, "file_open"))
	require.Equal(t, RetRange{-4095, 0, true, false}, h.Ret)
	require.Nil(t, k.Hook(lsm, lsmMac, false, "no_such_hook"))
	h = k.Hook(progTracing, traceIter, false, "bpf_iter_tcp")
	require.True(t, h.MayCall(49, CapAll), "bpf_setsockopt")
	require.Equal(t, SockArg, k.HelperOf(h, 49).Variant)
}

// All kernels have been asked about all tables.
func TestEveryKernelWasAsked(t *testing.T) {
	const xdp, hash = 6, 1
	for _, v := range Targets() {
		k := For(v)
		require.NotNil(t, k.Hook(xdp, 0, false, ""), v)
		require.NotNil(t, k.MapType(hash), v)
		require.True(t, k.Lists(DPathCallers, "vfs_getattr"), v)
		require.Equal(t, v != V5_10, k.Kfunc("bpf_modify_return_test") != nil || k.Kfunc("crash_kexec") != nil, v)
	}
}
