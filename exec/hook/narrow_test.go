package hook_test

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
)

// TestNarrow loads parts of fields, with the values that Linux 6.18 gave.
func TestNarrow(t *testing.T) {
	frame := make([]byte, 64)
	frame[0], frame[12], frame[13] = 2, 8, 0 // to another host, IPv4
	copy(frame[14+12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	lookup := make([]byte, 72)
	lookup[8], lookup[12], lookup[16], lookup[20], lookup[60] = 10, 6, 1, 2, 80
	priority := make([]byte, 192)
	binary.LittleEndian.PutUint32(priority[32:], 0x04030201)
	for _, c := range []struct {
		typ       ebpf.ProgramType
		in        hook.Input
		off, size int
		want      uint64
	}{
		{ebpf.SchedCLS, hook.Input{Data: frame}, 4, 4, 3},
		{ebpf.SchedCLS, hook.Input{Data: frame}, 6, 2, 3},
		{ebpf.SchedCLS, hook.Input{Data: frame}, 7, 1, 3},
		{ebpf.SchedCLS, hook.Input{Data: frame}, 18, 2, 8},
		{ebpf.SchedCLS, hook.Input{Data: frame}, 17, 1, 0},
		{ebpf.SchedCLS, hook.Input{Data: frame, Ctx: priority}, 34, 2, 0x0403},
		{ebpf.SchedCLS, hook.Input{Data: frame, Ctx: priority}, 33, 1, 2},
		{ebpf.CGroupSKB, hook.Input{Data: frame}, 88, 4, 2},
		{ebpf.CGroupSKB, hook.Input{Data: frame}, 90, 2, 2},
		{ebpf.CGroupSKB, hook.Input{Data: frame}, 92, 4, 0x0200000a},
		{ebpf.CGroupSKB, hook.Input{Data: frame}, 96, 4, 0x0100000a},
		{ebpf.SkLookup, hook.Input{Ctx: lookup}, 10, 2, 10},
		{ebpf.SkLookup, hook.Input{Ctx: lookup}, 14, 2, 6},
		{ebpf.SkLookup, hook.Input{Ctx: lookup}, 16, 4, 0},
		{ebpf.SkLookup, hook.Input{Ctx: lookup}, 20, 4, 2},
	} {
		view := mem.NewView(mem.NewSpace())
		addr, err := hook.New(c.typ).Enter(view, &c.in)
		require.NoError(t, err)
		got, err := view.Load(addr+uint64(c.off), c.size)
		require.NoError(t, err, "%s, offset %d", c.typ, c.off)
		require.Equal(t, c.want, got, "%s, %d bytes at offset %d", c.typ, c.size, c.off)
	}
}
