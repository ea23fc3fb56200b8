package absint_test

import (
	"context"
	"errors"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/gen"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

func program(t testing.TB, typ ebpf.ProgramType, insns asm.Instructions, maps ...*ebpf.MapSpec) *prog.Program {
	p, err := prog.FromInstructions(&prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll}, typ, insns, maps...)
	require.NoError(t, err)
	p.License = "GPL"
	return p
}

func verify(t testing.TB, p *prog.Program, o absint.Options) *absint.Result {
	g, err := cfg.Build(p.Insns, cfg.Options{})
	require.NoError(t, err)
	r, err := absint.Verify(p, g, o)
	require.NoError(t, err)
	return r
}

// Verdicts and messages are those of Linux 6.18.
func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name    string
		typ     ebpf.ProgramType
		insns   asm.Instructions
		message string // of a rejection
		insn    int
	}{
		{"constant result", ebpf.SocketFilter, asm.Instructions{
			asm.Mov.Imm(asm.R0, 0), asm.Return(),
		}, "", 0},
		{"no result", ebpf.SocketFilter, asm.Instructions{
			asm.Return(),
		}, "R0 !read_ok", 0},
		{"frame pointer", ebpf.SocketFilter, asm.Instructions{
			asm.Mov.Imm(asm.RFP, 0), asm.Return(),
		}, "frame pointer is read only", 0},
		{"loop without progress", ebpf.SocketFilter, asm.Instructions{
			asm.Mov.Imm(asm.R0, 0),
			asm.Mov.Imm(asm.R1, 1).WithSymbol("again"),
			asm.JNE.Imm(asm.R1, 0, "again"),
			asm.Return(),
		}, "infinite loop detected at insn 1", 2},
		{"bounded loop", ebpf.SocketFilter, asm.Instructions{
			asm.Mov.Imm(asm.R0, 0),
			asm.Add.Imm(asm.R0, 1).WithSymbol("again"),
			asm.JLT.Imm(asm.R0, 100, "again"),
			asm.Return(),
		}, "", 0},
		{"packet without a check", ebpf.XDP, asm.Instructions{
			asm.LoadMem(asm.R2, asm.R1, 0, asm.Word),
			asm.LoadMem(asm.R0, asm.R2, 0, asm.Byte),
			asm.Return(),
		}, "R2 offset is outside of the packet", 1},
		{"result out of range", ebpf.CGroupSock, asm.Instructions{
			asm.Mov.Imm(asm.R0, 2), asm.Return(),
		}, "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verify(t, program(t, c.typ, c.insns), absint.Options{})
			if c.message == "" {
				require.Equal(t, absint.Accept, r.Verdict, r.Message)
				return
			}
			require.Equal(t, absint.Reject, r.Verdict)
			require.Equal(t, c.message, r.Message)
			require.Equal(t, c.insn, r.Insn)
		})
	}
}

// Remembering more states changes the cost of a run and nothing else.
func TestStateFreqChangesNoVerdict(t *testing.T) {
	target := &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll, CPUs: 2}
	for seed := range uint64(2000) {
		made := gen.Make(seed)
		p := prog.FromSlots(target, made.Type, made.Insns, gen.Maps()...)
		p.License = "GPL"
		if precheck.Check(p) != nil {
			continue
		}
		want := verify(t, p, absint.Options{})
		if want.Stats.ProcessedInsns > 100_000 {
			continue
		}
		got := verify(t, p, absint.Options{StateFreq: true})
		require.Equal(t, want.Verdict, got.Verdict, "seed %d: %s", seed, got.Message)
	}
}

func TestTailCalls(t *testing.T) {
	progs := &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 4}
	call := func(index asm.Instructions) asm.Instructions {
		insns := append(asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)}, index...)
		return append(insns, asm.Mov.Reg(asm.R1, asm.R6), asm.LoadMapPtr(asm.R2, 0).WithReference("progs"),
			asm.FnTailCall.Call(), asm.Mov.Imm(asm.R0, 0), asm.Return())
	}
	for name, c := range map[string]struct {
		index asm.Instructions
		want  int64
	}{
		"constant":      {asm.Instructions{asm.Mov.Imm(asm.R3, 2)}, 2},
		"out of bounds": {asm.Instructions{asm.Mov.Imm(asm.R3, 4)}, -1},
		"varies": {asm.Instructions{
			asm.LoadMem(asm.R0, asm.R1, 0, asm.Word),
			asm.Mov.Imm(asm.R3, 1),
			asm.JEq.Imm(asm.R0, 0, "same"),
			asm.Mov.Imm(asm.R3, 2),
			asm.Mov.Imm(asm.R0, 0).WithSymbol("same"),
		}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, program(t, ebpf.SocketFilter, call(c.index), progs), absint.Options{})
			require.Equal(t, absint.Accept, r.Verdict, r.Message)
			require.Len(t, r.TailCalls, 1)
			require.Equal(t, 0, r.TailCalls[0].Map)
			require.Equal(t, c.want, r.TailCalls[0].Index)
		})
	}
}

func TestVerifyStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := program(t, ebpf.SocketFilter, asm.Instructions{
		asm.Mov.Imm(asm.R0, 0),
		asm.Add.Imm(asm.R0, 1).WithSymbol("again"),
		asm.JLT.Imm(asm.R0, 100_000, "again"),
		asm.Return(),
	})
	g, err := cfg.Build(p.Insns, cfg.Options{})
	require.NoError(t, err)
	_, err = absint.Verify(p, g, absint.Options{Context: ctx})
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzVerify feeds arbitrary instructions: no panic, no more processed than the
// limit, and memory in proportion. The upper bits of the type choose a kernel.
func FuzzVerify(f *testing.F) {
	targets := [4]*prog.Target{}
	for i, v := range []linux.Version{linux.V6_18, linux.V7_2, linux.V6_12, linux.V5_10} {
		targets[i] = &prog.Target{Kernel: v, Caps: linux.CapAll, CPUs: 2}
	}
	for seed := range uint64(50) {
		p := gen.Make(seed)
		f.Add(uint8(p.Type)|uint8(seed%4)<<6, encode(p.Insns))
	}
	f.Fuzz(func(t *testing.T, typ uint8, raw []byte) {
		insns := make([]cfg.Insn, min(len(raw)/8, 200))
		for i := range insns {
			b := raw[8*i:]
			insns[i] = cfg.Insn{
				Op: b[0], Regs: b[1], Off: int16(uint16(b[2]) | uint16(b[3])<<8),
				Imm: int32(uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24),
			}
		}
		p := prog.FromSlots(targets[typ>>6], ebpf.ProgramType(typ&0x3f), insns, gen.Maps()...)
		p.License = "GPL"
		if precheck.Check(p) != nil {
			return
		}
		g, err := cfg.Build(p.Insns, cfg.Options{})
		if err != nil {
			return
		}
		before := allocated()
		// The engine takes what lasts longer than ten seconds for a deadlock.
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		r, err := absint.Verify(p, g, absint.Options{Context: ctx})
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := allocated() - before; n > maxAllocated {
			t.Fatalf("%d MB allocated", n>>20)
		}
		if r.Stats.ProcessedInsns > 1_000_001 {
			t.Fatalf("%d instructions processed", r.Stats.ProcessedInsns)
		}
		if r.Verdict == absint.Reject && r.Errno == "" || r.Verdict == absint.Unsupported && r.Feature == "" {
			t.Fatalf("no reason: %+v", r)
		}
	})
}

// maxAllocated bounds what one run may allocate; what is given back meanwhile
// counts as well.
const maxAllocated = 512 << 20

// allocated returns the bytes that were allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func encode(insns []cfg.Insn) []byte {
	var raw []byte
	for _, i := range insns {
		raw = append(raw, i.Op, i.Regs, byte(i.Off), byte(i.Off>>8), byte(i.Imm), byte(i.Imm>>8), byte(i.Imm>>16), byte(i.Imm>>24))
	}
	return raw
}
