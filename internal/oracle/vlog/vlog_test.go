package vlog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/oracle/vlog"
)

func TestClassify(t *testing.T) {
	for line, want := range map[string]vlog.Kind{
		"":                                           vlog.KindBlank,
		"   ":                                        vlog.KindBlank,
		"R1 invalid mem access 'scalar'":             vlog.KindMessage,
		"frame pointer is read only":                 vlog.KindMessage,
		"from the far side":                          vlog.KindMessage,
		"Validating add1() func#2...":                vlog.KindMessage,
		"R7 offset is outside of the packet":         vlog.KindMessage,
		"0: (b7) r0 = 0":                             vlog.KindInsn,
		"12: (85) call pc+3":                         vlog.KindInsn,
		"2: BUG_db":                                  vlog.KindInsn,
		"0: R1=ctx(id=0,off=0,imm=0) R10=fp0":        vlog.KindState,
		"7: frame1: R1_w=fp[0]-8 R10=fp0":            vlog.KindState,
		"from 3 to 7: R0=0 R10=fp0":                  vlog.KindBranch,
		"from 3 to 7 (speculative execution): R0=0":  vlog.KindBranch,
		"from 3 to 7: safe":                          vlog.KindSafe,
		"9: safe":                                    vlog.KindSafe,
		"; return 0; @ prog.c:12":                    vlog.KindSource,
		"func#1 @12":                                 vlog.KindFunc,
		"      0: .1........ (b4) w0 = 2":            vlog.KindLive,
		"  1  15: .1234..... (85) call bpf_loop#181": vlog.KindLive,
		"stack use/def subprog#1 add (d1,cs10):":     vlog.KindTrace,
		"caller:":                                    vlog.KindFrame,
		" frame1: R6=1":                              vlog.KindFrame,
		"to caller at 7:":                            vlog.KindFrame,
		"mark_precise: frame0: last_idx 27 first_idx 17":        vlog.KindTrace,
		"processed 5 insns (limit 1000000) max_states_per_insn": vlog.KindStats,
		"insns processed 37+8+5":                                vlog.KindStats,
		"R0_w=inv1 R10=fp0":                                     vlog.KindTrace,
	} {
		require.Equal(t, want, vlog.Classify(line), "%q", line)
	}
}

func TestSummarize(t *testing.T) {
	s := vlog.Summarize(`0: R1=ctx() R10=fp0
; return *p; @ a.c:3
0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=scalar()
1: (61) r0 = *(u32 *)(r1 +0)
R1 invalid mem access 'scalar'
verification time 20 usec
stack depth 8+0
processed 2 insns (limit 1000000) max_states_per_insn 1 total_states 3 peak_states 2 mark_read 0
`)
	require.Equal(t, []string{"R1 invalid mem access 'scalar'"}, s.Messages)
	require.Equal(t, "R1 invalid mem access 'scalar'", s.Last())
	require.Equal(t, 1, s.LastInsn)
	require.Equal(t, vlog.Stats{Processed: 2, MaxStatesPerInsn: 1, TotalStates: 3, PeakStates: 2, Usec: 20, StackDepth: "8+0"}, s.Stats)
}

// A message without its newline runs into the statistics.
func TestSummarizeMissingNewline(t *testing.T) {
	s := vlog.Summarize("unknown func bpf_none#9verification time 7 usec\n")
	require.Equal(t, "unknown func bpf_none#9", s.Last())
	require.Equal(t, 7, s.Stats.Usec)
}

func scan(t *testing.T, line string) *vlog.Event {
	s := vlog.NewScanner(strings.NewReader(line))
	require.True(t, s.Scan(), line)
	require.NoError(t, s.Err())
	return s.Event()
}

func TestEventInsn(t *testing.T) {
	e := scan(t, "5: (07) r1 += 4                       ; R1_w=scalar(id=2,smin=umin=4,smax=umax=259,smin32=0,var_off=(0x0; 0x1ff)) refs=3")
	require.Equal(t, vlog.KindInsn, e.Kind)
	require.Equal(t, 5, e.Insn)
	require.Equal(t, "(07) r1 += 4", e.Text)
	require.True(t, e.After)
	require.Len(t, e.State.Regs, 1)
	r := &e.State.Regs[0]
	require.Equal(t, 1, r.Num)
	require.Equal(t, "w", r.Marks)
	require.Equal(t, "scalar", r.Type)
	for name, want := range map[string]int64{"id": 2, "smin": 4, "umin": 4, "smax": 259, "umax": 259, "smin32": 0} {
		n, ok := r.Int(name)
		require.True(t, ok, name)
		require.Equal(t, want, n, name)
	}
	value, mask, ok := r.VarOff()
	require.True(t, ok)
	require.EqualValues(t, 0, value)
	require.EqualValues(t, 0x1ff, mask)
	_, ok = r.Int("umin32")
	require.False(t, ok)
}

// What 5.10 prints, in the terms of later kernels.
func TestEventOldState(t *testing.T) {
	e := scan(t, "3: R0_w=inv(id=0,umin_value=1,s32_max_value=7,var_off=(0x0; 0xff)) R1=ctx(id=0,off=0,imm=0) R2_w=invP-5 R3=inv0 R10=fp0 fp-8_w=mmmm???? fp-16=ctx")
	require.Equal(t, vlog.KindState, e.Kind)
	require.False(t, e.After)
	require.Len(t, e.State.Regs, 5)
	r0, r2, r3, r10 := e.State.Regs[0], e.State.Regs[2], e.State.Regs[3], e.State.Regs[4]
	require.Equal(t, "scalar", r0.Type)
	require.False(t, r0.Known)
	require.Equal(t, "1", r0.Attr("umin"))
	require.Equal(t, "7", r0.Attr("smax32"))
	require.True(t, r2.Known && r2.Precise)
	require.EqualValues(t, -5, r2.Const)
	require.True(t, r3.Known && !r3.Precise)
	require.Equal(t, "fp", r10.Type)
	require.EqualValues(t, 0, r10.Const)
	require.Equal(t, []vlog.Slot{
		{Off: -8, Marks: "w", Bytes: "mmmm????"},
		{Off: -16, Value: vlog.Value{Type: "ctx", Raw: "ctx"}},
	}, e.State.Stack)
}

func TestEventBranch(t *testing.T) {
	e := scan(t, "from 52 to 54: frame1: R0=0xffffffffffffffff R1=pkt(id=2,off=62,r=0xfffffffffffffffe,var_off=(0x0; 0xff8)) R10=fp0 fp-8=mmmm10 fp-16=P7 fp-24=00000000")
	require.Equal(t, vlog.KindBranch, e.Kind)
	require.Equal(t, 52, e.From)
	require.Equal(t, 54, e.Insn)
	require.Equal(t, 1, e.State.Frame)
	require.EqualValues(t, -1, e.State.Regs[0].Const)
	require.Equal(t, "pkt", e.State.Regs[1].Type)
	require.Equal(t, "mmmm", e.State.Stack[0].Bytes)
	require.EqualValues(t, 10, e.State.Stack[0].Const)
	require.True(t, e.State.Stack[1].Precise)
	require.Equal(t, "00000000", e.State.Stack[2].Bytes)
}

// TestRealLogs goes through logs of the five kernels: every line is known, and
// every register has a type.
func TestRealLogs(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.log")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { checkLog(t, path) })
	}
}

func checkLog(t *testing.T, path string) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	kinds := make(map[vlog.Kind]int)
	s := vlog.NewScanner(f)
	for s.Scan() {
		e := s.Event()
		kinds[e.Kind]++
		for i := range e.State.Regs {
			r := &e.State.Regs[i]
			require.NotEmpty(t, r.Type, r.Raw)
			if v := r.Attr("var_off"); v != "" {
				_, _, ok := r.VarOff()
				require.True(t, ok, v)
			}
		}
		for i := range e.State.Stack {
			slot := &e.State.Stack[i]
			require.True(t, slot.Bytes != "" || slot.Type != "" || slot.Raw == "", slot.Raw)
		}
	}
	require.NoError(t, s.Err())
	require.Greater(t, kinds[vlog.KindInsn], 100)
	require.Greater(t, kinds[vlog.KindState]+kinds[vlog.KindBranch], 0)
	require.Greater(t, kinds[vlog.KindSource], 0)
	require.Less(t, kinds[vlog.KindMessage], 25, "lines that are not understood")
}

func FuzzScan(f *testing.F) {
	f.Add("5: (07) r1 += 4 ; R1_w=scalar(smin=smin32=0,var_off=(0x0; 0xff)) fp-8=mmmm10\nfrom 1 to 2: R0=P5")
	f.Add("R1_w=(((\n1: frame1: R=inv(=,,=\nfp-=")
	f.Fuzz(func(t *testing.T, log string) {
		vlog.Summarize(log)
		s := vlog.NewScanner(strings.NewReader(log))
		for s.Scan() {
			if e := s.Event(); e.Insn < -1 || e.From < -1 {
				t.Fatalf("%+v", e)
			}
		}
	})
}
