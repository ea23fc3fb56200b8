package hook_test

import (
	"bytes"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
)

// TestRefused gives contexts what the kernel refuses too.
func TestRefused(t *testing.T) {
	frame := make([]byte, 64)
	ipv4 := append(make([]byte, 12), 8, 0)
	for _, c := range []struct {
		typ  ebpf.ProgramType
		in   hook.Input
		want string
	}{
		{ebpf.XDP, hook.Input{Data: frame[:13]}, "a packet needs at least 14 bytes"},
		{ebpf.XDP, hook.Input{Data: frame, Ctx: make([]byte, 24)}, "data_end of the context is 0, the data has 64 bytes"},
		{ebpf.SchedCLS, hook.Input{Data: ipv4}, "the packet ends in its network header, which needs 20 bytes"},
		{ebpf.SchedCLS, hook.Input{Data: frame, Ctx: []byte{1}}, "byte 0 must be 0"},
		{ebpf.SchedCLS, hook.Input{Data: frame, Ctx: bytes.Repeat([]byte{1}, 193)}, "193 bytes, struct __sk_buff only 192"},
		{ebpf.SchedCLS, hook.Input{Data: make([]byte, 3713)}, "at most 3712 bytes"},
		{ebpf.FlowDissector, hook.Input{Data: frame, Ctx: []byte{1}}, "only the flags"},
		{ebpf.SkLookup, hook.Input{}, "needs a context"},
		{ebpf.SkLookup, hook.Input{Ctx: make([]byte, 72)}, "neither AF_INET nor AF_INET6"},
		{ebpf.Netfilter, hook.Input{Data: frame[:19]}, "at least 20 bytes"},
		{ebpf.CGroupSockopt, hook.Input{Ctx: bytes.Repeat([]byte{1}, 41)}, "struct bpf_sockopt only 40"},
		{ebpf.Kprobe, hook.Input{Data: frame}, "takes no packet"},
	} {
		_, err := hook.New(c.typ).Enter(mem.NewView(mem.NewSpace()), &c.in)
		require.ErrorContains(t, err, c.want, c.typ)
	}
}
