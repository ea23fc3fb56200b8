package exec_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/prog"
)

// TestContextCasts calls a gtrace program from programs of all types that can and
// from one that cannot: that call falls through.
func TestContextCasts(t *testing.T) {
	image, err := os.ReadFile("../testdata/objects/gtrace_tool.bpf.o")
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	target := &prog.Target{Kernel: linux.V6_18, Extensions: linux.ExtGtrace}
	regs := make([]byte, 336)
	binary.LittleEndian.PutUint64(regs[128:], 0x401000) // ip, without which the tool returns 0
	for _, tt := range []struct {
		name  string
		in    exec.Input
		stack []uint64
		want  uint32
	}{
		{"from_kprobe", exec.Input{Ctx: regs}, nil, 1},
		{"from_perf_event", exec.Input{Ctx: regs}, nil, 1},
		{"from_tracepoint", exec.Input{Ctx: make([]byte, 64)}, []uint64{0x401000}, 1},
		{"from_raw_tracepoint", exec.Input{Ctx: make([]byte, 64)}, []uint64{0x401000}, 1},
		{"from_tracepoint", exec.Input{Ctx: make([]byte, 64)}, nil, 0},
		{"from_xdp", exec.Input{Data: make([]byte, 64)}, nil, 2},
	} {
		m := exec.New(exec.Config{MixedArrays: true})
		tool, err := m.LoadSpec(spec, "trace", target)
		require.NoError(t, err)
		require.Equal(t, "gtrace", linuxType(tool))
		p, err := m.LoadSpec(spec, tt.name, target)
		require.NoError(t, err)
		env, _ := m.CPU(0)
		env.Stack.Kernel = tt.stack
		out, err := p.Run(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.want, out.Return, tt.name)
	}
}

func linuxType(p *exec.Program) string {
	if p.Type() == linux.ProgGtrace {
		return "gtrace"
	}
	return p.Type().String()
}

// TestContextCastsRefused holds arrays to what can be converted: when the array
// is filled, and when the caller is loaded.
func TestContextCastsRefused(t *testing.T) {
	image, err := os.ReadFile("../testdata/objects/gtrace_tool.bpf.o")
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	target := &prog.Target{Kernel: linux.V6_18, Extensions: linux.ExtGtrace}

	m := exec.New(exec.Config{})
	_, err = m.LoadSpec(spec, "from_xdp", target)
	require.NoError(t, err)
	_, err = m.LoadSpec(spec, "trace", target)
	require.EqualError(t, err, "map tools: program trace: EINVAL: its context cannot be converted")

	m = exec.New(exec.Config{})
	for _, name := range []string{"from_kprobe", "trace", "from_tracepoint"} {
		_, err = m.LoadSpec(spec, name, target)
		require.NoError(t, err, name)
	}
	_, err = m.LoadSpec(spec, "from_xdp", target)
	require.ErrorIs(t, err, errno.EINVAL)

	_, err = exec.New(exec.Config{}).LoadSpec(spec, "trace", &prog.Target{Kernel: linux.V6_18})
	require.ErrorContains(t, err, "never merged into Linux")
}
