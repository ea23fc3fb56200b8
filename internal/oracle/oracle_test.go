package oracle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/prog"
)

// live opens the running kernel or skips the test.
func live(t testing.TB) *oracle.Kernel {
	t.Helper()
	k, err := oracle.Open()
	if errors.Is(err, oracle.ErrNoKernel) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return k
}

func mov(reg uint8, imm int32) cfg.Insn {
	return cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV, Regs: reg, Imm: imm}
}

func movReg(dst, src uint8) cfg.Insn {
	return cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV | cfg.SrcX, Regs: cfg.MakeRegs(dst, src)}
}

var exit = cfg.Insn{Op: cfg.OpEXIT}

func bare(k *oracle.Kernel, insns ...cfg.Insn) *prog.Program {
	return &prog.Program{Name: "test", License: "GPL", Type: ebpf.SocketFilter, Insns: insns, Target: k.Target()}
}

func TestLoadAccepts(t *testing.T) {
	k := live(t)
	r, err := k.Load(bare(k, mov(0, 0), exit), oracle.Options{Log: oracle.LogInsn})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict)
	require.Empty(t, r.Errno)
	require.Empty(t, r.Messages)
	require.Equal(t, -1, r.Insn)
	require.Equal(t, 2, r.Stats.Processed)
	require.Contains(t, r.Log, "0: (b7) r0 = 0")
}

func TestLoadRejects(t *testing.T) {
	k := live(t)
	r, err := k.Load(bare(k, mov(0, 0), movReg(0, 3), exit), oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Reject, r.Verdict)
	require.Equal(t, "EACCES", r.Errno)
	require.Equal(t, "R3 !read_ok", r.Message)
	require.Equal(t, 1, r.Insn)
	require.Empty(t, r.Log)
}

func TestLoadBeforeExploration(t *testing.T) {
	k := live(t)
	r, err := k.Load(bare(k, mov(0, 0)), oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Reject, r.Verdict)
	require.Equal(t, "EINVAL", r.Errno)
	require.Equal(t, -1, r.Insn)
	require.Contains(t, r.Message, "last insn is not an exit or jmp")
}

func TestLoadGrowsTheLog(t *testing.T) {
	k := live(t)
	var insns []cfg.Insn
	for i := range int32(4000) {
		insns = append(insns, mov(0, i))
	}
	p := bare(k, append(insns, exit)...)
	r, err := k.Load(p, oracle.Options{Log: oracle.LogInsn})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict)
	require.Contains(t, r.Log, "0: (b7) r0 = 0")
	require.Contains(t, r.Log, "4000: (95) exit")
	require.Greater(t, len(r.Log), 1<<16)

	r, err = k.Load(p, oracle.Options{Log: oracle.LogInsn, MaxLog: 1 << 16})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict, "a log that does not fit must not change the verdict")
	require.LessOrEqual(t, len(r.Log), 1<<16)
	require.NotEmpty(t, r.Log)
}

func TestLoadSharesAndFreezesMaps(t *testing.T) {
	k := live(t)
	rodata := &prog.Map{
		Name: ".rodata", Data: []byte{42, 0, 0, 0}, Frozen: true,
		Spec: &ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1, Flags: 1 << 7},
	}
	// r0 = *(u32 *)rodata, which the verifier knows, indexes the stack.
	p := bare(k,
		cfg.Insn{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(1, cfg.ConstMapValue)}, cfg.Insn{},
		cfg.Insn{Op: cfg.ClassLDX | cfg.ModeMEM | cfg.SizeW, Regs: cfg.MakeRegs(2, 1)},
		cfg.Insn{Op: cfg.ClassJMP | cfg.JmpJEQ, Regs: 2, Imm: 42, Off: 1},
		movReg(0, 9), // not reached when the value is known
		mov(0, 0), exit)
	p.Maps = []*prog.Map{rodata}
	s := k.NewSession()
	defer s.Close()
	for range 2 {
		r, err := s.Load(p, oracle.Options{})
		require.NoError(t, err)
		require.Equal(t, oracle.Accept, r.Verdict, r.Message)
	}
}

func TestLoadTarget(t *testing.T) {
	k := live(t)
	p := bare(k, mov(0, 0), exit)
	p.Type, p.AttachType, p.AttachTo = ebpf.Tracing, ebpf.AttachTraceRawTp, "no_such_tracepoint"
	r, err := k.Load(p, oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Skip, r.Verdict)
	require.Equal(t, oracle.SkipTarget, r.SkipReason)

	if _, err := k.Types(); err != nil {
		t.Skip(err)
	}
	p.AttachTo = "sys_enter"
	r, err = k.Load(p, oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict, r.SkipDetail+r.Message)
}

func TestLoadWithCaps(t *testing.T) {
	k := live(t)
	caps := linux.CapBPF
	// Pointer arithmetic beyond the stack's bounds is refused whatever the
	// capabilities; a pointer as return value leaks only without CAP_PERFMON.
	p := bare(k, movReg(0, cfg.FP), exit)
	r, err := k.Load(p, oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict, r.Message)
	r, err = k.Load(p, oracle.Options{Caps: &caps})
	require.NoError(t, err)
	require.Equal(t, oracle.Reject, r.Verdict)
	require.Contains(t, r.Message, "leaks addr as return value")
	r, err = k.Load(p, oracle.Options{})
	require.NoError(t, err)
	require.Equal(t, oracle.Accept, r.Verdict, "the thread got its capabilities back")
}

func TestLoadWithoutCaps(t *testing.T) {
	k := live(t)
	raw, err := k.NewRaw(nil, 0)
	require.NoError(t, err)
	defer raw.Close()
	none := linux.CapNone
	p := &oracle.RawProgram{Type: ebpf.Kprobe, Insns: []cfg.Insn{mov(0, 0), exit}}
	require.Zero(t, raw.Load(p, oracle.LogNone).Errno)
	p.Caps = &none
	require.Equal(t, "EPERM", raw.Load(p, oracle.LogNone).Errno.String(), "probes are not for everybody")

	bare := bare(k, mov(0, 0), exit)
	bare.Type = ebpf.Kprobe
	r, err := k.Load(bare, oracle.Options{Caps: &none})
	require.NoError(t, err)
	require.Equal(t, oracle.Reject, r.Verdict, "whoever names the capabilities asks about them")
	require.Equal(t, "EPERM", r.Errno)
}

func TestRun(t *testing.T) {
	k := live(t)
	p := bare(k,
		cfg.Insn{Op: cfg.ClassLDX | cfg.ModeMEM | cfg.SizeW, Regs: cfg.MakeRegs(0, 1)}, // skb->len
		exit)
	r, err := k.Load(p, oracle.Options{Keep: true})
	require.NoError(t, err)
	require.NotNil(t, r.Prog)
	defer r.Prog.Close()
	out, err := r.Prog.Run(oracle.RunInput{Data: make([]byte, 64), DataOut: 128})
	require.NoError(t, err)
	require.EqualValues(t, 64-14, out.Return, "the Ethernet header does not count")
	require.Len(t, out.Data, 64)
}

func TestRaw(t *testing.T) {
	k := live(t)
	raw, err := k.NewRaw([]*ebpf.MapSpec{{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1}}, 0)
	require.NoError(t, err)
	defer raw.Close()
	p := &oracle.RawProgram{Type: ebpf.SocketFilter, Insns: []cfg.Insn{
		{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(1, cfg.ConstMap)}, {},
		mov(0, 0), exit,
	}}
	a := raw.Load(p, oracle.LogNone)
	require.Zero(t, a.Errno, a.Errno)
	p.Insns[0].Imm = 7
	a = raw.Load(p, oracle.LogBranch)
	require.Equal(t, "EBADF", a.Errno.String())
	require.True(t, strings.Contains(string(a.Log), "fd -1 is not pointing to valid bpf_map"), string(a.Log))
}

func BenchmarkRaw(b *testing.B) {
	k := live(b)
	raw, err := k.NewRaw(nil, 0)
	require.NoError(b, err)
	defer raw.Close()
	p := &oracle.RawProgram{Type: ebpf.SocketFilter}
	for i := range int32(30) {
		p.Insns = append(p.Insns, mov(0, i))
	}
	p.Insns = append(p.Insns, exit)
	for name, level := range map[string]oracle.LogLevel{"verdict": oracle.LogNone, "log": oracle.LogInsn} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a := raw.Load(p, level); a.Errno != 0 {
					b.Fatal(a.Errno)
				}
			}
		})
	}
}
