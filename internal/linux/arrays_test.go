package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What real kernels said when two programs were put into one array, in the
// order of Targets: y put in, n EINVAL, - one of them does not load.
func TestArrayConflict(t *testing.T) {
	xdp, tracing := ArrayProgram{Type: 6}, ArrayProgram{Type: 26, Attach: 23}
	with := func(p ArrayProgram, attach, flags uint32, proto string) ArrayProgram {
		p.Attach, p.Flags, p.Proto = attach, flags, proto
		return p
	}
	for _, tt := range []struct {
		name string
		a, b ArrayProgram
		want string
	}{
		{"same", xdp, xdp, "yyyyy"},
		{"xdp and tc", xdp, ArrayProgram{Type: 3}, "nnnnn"},
		{"act and cls", ArrayProgram{Type: 4}, ArrayProgram{Type: 3}, "nnnnn"},
		{"frags", xdp, with(xdp, 0, 1<<5, ""), "-nnnn"},
		{"bind and connect", ArrayProgram{Type: 18, Attach: 8}, ArrayProgram{Type: 18, Attach: 10}, "ynnnn"},
		{"xdp with an attach type", xdp, with(xdp, 37, 0, ""), "ynnnn"},
		{"ingress and egress", ArrayProgram{Type: 8}, ArrayProgram{Type: 8, Attach: 1}, "ynnnn"},
		{"kprobe and kprobe.multi", ArrayProgram{Type: 2}, ArrayProgram{Type: 2, Attach: 42}, "ynnnn"},
		{"sleepable", ArrayProgram{Type: 2}, ArrayProgram{Type: 2, Flags: 1 << 4}, "-yyyn"},
		{"other tracepoints", with(tracing, 23, 0, "sched_switch"), with(tracing, 23, 0, "sched_process_fork"), "ynnnn"},
		{"one tracepoint", with(tracing, 23, 0, "sched_switch"), with(tracing, 23, 0, "sched_switch"), "yyyyy"},
		{"iterators", with(tracing, 28, 0, "task"), with(tracing, 28, 0, "bpf_map"), "ynnnn"},
	} {
		for i, v := range Targets() {
			if tt.want[i] == '-' {
				continue
			}
			require.Equal(t, tt.want[i] == 'y', v.ArrayConflict(tt.a, tt.b) == "", "%s on %s", tt.name, v)
		}
	}
}

// A tail call converts contexts towards gtrace only, and of some types only.
func TestGtraceConversion(t *testing.T) {
	tool := ArrayProgram{Type: ProgGtrace}
	for typ := range uint32(33) {
		convertible := typ == 2 || typ == 5 || typ == 7 || typ == 17
		require.Equal(t, convertible, V6_18.ArrayConflict(ArrayProgram{Type: typ}, tool) == "", "type %d", typ)
		require.NotEmpty(t, V6_18.ArrayConflict(tool, ArrayProgram{Type: typ}), "type %d", typ)
	}
	require.Empty(t, V6_18.ArrayConflict(tool, tool))
	require.EqualValues(t, GtraceSize, gtraceContext().End)
}
