package prog_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	kernels "github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

func TestTrampoline(t *testing.T) {
	to := kernels.New(linux.V6_18, linux.CapAll, "")
	plan := func(typ ebpf.ProgramType, attach ebpf.AttachType, name string) *prog.Trampoline {
		p, err := prog.TrampolineOf(&prog.Program{Type: typ, AttachType: attach, AttachTo: name, Target: to})
		require.NoError(t, err)
		return p
	}
	unlinkat := []prog.TrampolineArg{{Name: "dfd", Size: 4, Word: 0, Words: 1}, {Name: "name", Size: 8, Word: 1, Words: 1}}

	require.Equal(t, &prog.Trampoline{Target: "do_unlinkat", Matched: true, Args: unlinkat, Words: 2, Result: -1},
		plan(ebpf.Tracing, ebpf.AttachTraceFEntry, "do_unlinkat"))
	require.Equal(t, &prog.Trampoline{Target: "do_unlinkat", Matched: true, Args: unlinkat, Words: 3, Result: 2, CallsOriginal: true},
		plan(ebpf.Tracing, ebpf.AttachTraceFExit, "do_unlinkat"))
	require.Equal(t, 1, plan(ebpf.Tracing, ebpf.AttachModifyReturn, "bpf_modify_return_test_tp").Result)

	// A tracepoint's own data is not an argument.
	exit := plan(ebpf.Tracing, ebpf.AttachTraceRawTp, "sys_exit")
	require.Equal(t, []prog.TrampolineArg{{Size: 8, Words: 1}, {Size: 8, Word: 1, Words: 1}}, exit.Args)
	require.Equal(t, 2, exit.Words)

	// Without a prototype five arguments are saved.
	unknown := plan(ebpf.Tracing, ebpf.AttachTraceFEntry, "no_such_function")
	require.False(t, unknown.Matched)
	require.Len(t, unknown.Args, 5)
	require.Equal(t, 5, unknown.Words)

	ioctl := plan(ebpf.LSM, ebpf.AttachLSMMac, "file_ioctl")
	require.Equal(t, 2, ioctl.Args[2].Word)
	require.Equal(t, 3, ioctl.Result)
	require.Nil(t, plan(ebpf.Kprobe, 0, "do_unlinkat"))
}

// A context holds what the plan saves, whatever the caller passes.
func TestTrampolineContext(t *testing.T) {
	exit := prog.Trampoline{Words: 3, Result: 2}
	require.Equal(t, []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}, exit.Context([]uint64{1, 2, 3}, 9))
	entry := prog.Trampoline{Words: 2, Result: -1}
	require.Equal(t, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, entry.Context([]uint64{1}, 9))
}

// More arguments than registers come on the stack.
func TestTrampolineStack(t *testing.T) {
	to := kernels.New(linux.V6_18, linux.CapAll, "")
	p, err := prog.TrampolineOf(&prog.Program{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "HUF_readStats_wksp", Target: to,
	})
	require.NoError(t, err)
	require.True(t, p.Matched)
	require.Equal(t, 10, p.Words)
	require.False(t, p.Args[5].Stack)
	require.True(t, p.Args[6].Stack)
}
