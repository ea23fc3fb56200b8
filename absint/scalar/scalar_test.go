package scalar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// TestNoAllocations: the step loop of the abstract machine calls all of these.
func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 512)
	for _, kernel := range linux.Targets() {
		r := RulesFor(kernel)
		allocs := testing.AllocsPerRun(10, func() {
			for op := range Op(16) {
				v, w := Unknown(), Unknown()
				v.Truncate(1, r)
				w.Truncate(2, r)
				Alu64(op, &v, &w, r)
				Alu32(op, &v, &w, r)
				c := Cond(op)
				if Branch(c, false, &v, &w, r) == Either {
					Refine(c, false, true, &v, &w, r)
				}
				v.Neg(true, r)
				v.MovSX(2, false, r)
				v.Swap(4, true, r)
				v.SetSum(&w, 5, true, r)
				v.AddOffset(&w, r)
				_, _, _ = v.Fork(op, &w, r)
				_ = v.Within(&w, r) || v.Equal(&w, r)
				buf = v.AppendTo(buf[:0], Label{ID: 1}, r)
			}
		})
		require.Zero(t, allocs, "Linux %s", kernel)
	}
}

func TestOpOf(t *testing.T) {
	require.Equal(t, Add, OpOf(cfg.Insn{Op: cfg.ClassALU64 | cfg.AluADD | cfg.SrcX}))
	require.Equal(t, Div, OpOf(cfg.Insn{Op: cfg.ClassALU | cfg.AluDIV}))
	require.Equal(t, SDiv, OpOf(cfg.Insn{Op: cfg.ClassALU | cfg.AluDIV, Off: 1}))
	require.Equal(t, SMod, OpOf(cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOD | cfg.SrcX, Off: 1}))
}

func TestConditions(t *testing.T) {
	for _, c := range append(comparisons, Unset) {
		require.Equal(t, c, c.Negate().Negate())
		require.Equal(t, c, c.Flip().Flip())
		for _, a := range []uint64{0, 1, 2, 1 << 31, 1 << 63, ^uint64(0)} {
			for _, b := range []uint64{0, 1, 3, 1 << 31, 1 << 63, ^uint64(0)} {
				if c == Set || c == Unset {
					continue
				}
				require.Equal(t, compare(c, a, b, false), !compare(c.Negate(), a, b, false))
				require.Equal(t, compare(c, a, b, false), compare(c.Flip(), b, a, false))
			}
		}
	}
	require.Equal(t, Unset, Set.Negate())
}

// TestFormat compares with texts from logs of the kernels.
func TestFormat(t *testing.T) {
	old, middle, joined := RulesFor(linux.V5_10), RulesFor(linux.V6_1), RulesFor(linux.V6_18)
	octet := Unknown()
	octet.Truncate(1, joined)
	below := Unknown()
	hundred := Const(100)
	Refine(Ge, false, true, &below, &hundred, joined)
	unsigned32 := Unknown()
	unsigned32.Truncate(4, joined)
	for _, c := range []struct {
		want  string
		v     Value
		label Label
		r     *Rules
	}{
		{"inv(id=0,umax_value=255,var_off=(0x0; 0xff))", octet, Label{}, old},
		{"invP(id=3,umax_value=255,var_off=(0x0; 0xff))", octet, Label{ID: 3, Precise: true}, old},
		{"inv4294967295", Const(0xffffffff), Label{}, old},
		{"invP0", Const(0), Label{Precise: true}, old},
		{"inv(id=0)", Unknown(), Label{}, old},
		{"scalar(umax=255,var_off=(0x0; 0xff))", octet, Label{}, middle},
		{"scalar()", Unknown(), Label{}, middle},
		{"scalar(id=1)", Unknown(), Label{ID: 1}, middle},
		{"-1", Const(^uint64(0)), Label{}, middle},
		{"scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))", octet, Label{}, joined},
		{"scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))", unsigned32, Label{}, joined},
		{"scalar(id=1,umin=100)", below, Label{ID: 1}, joined},
		{"scalar(id=1+5)", Unknown(), Label{ID: 1, Delta: 5, Shifted: true}, joined},
		{"scalar(id=1-5)", Unknown(), Label{ID: 1, Delta: -5, Shifted: true}, joined},
		{"0xffff0000", Const(0xffff0000), Label{}, joined},
		{"P-17", Const(^uint64(16)), Label{Precise: true}, joined},
		{"0x8000", Const(0x8000), Label{}, joined},
	} {
		require.Equal(t, c.want, c.v.Format(c.label, c.r))
	}
}

func TestNumbers(t *testing.T) {
	r := RulesFor(linux.V6_18)
	for n, want := range map[int64]string{
		32767: "32767", 32768: "0x8000", -32768: "-32768", -32769: "0xffffffffffff7fff", 0: "0",
	} {
		require.Equal(t, want, string(AppendSigned(nil, n, r)))
	}
	require.Equal(t, "-32769", string(AppendSigned(nil, -32769, RulesFor(linux.V6_1))))
	require.Equal(t, "65535", string(AppendUnsigned(nil, 65535)))
	require.Equal(t, "0x10000", string(AppendUnsigned(nil, 65536)))
	require.Equal(t, "(0x0; 0xff)", string(AppendTnum(nil, tnum.Range(0, 255), r)))
	require.Equal(t, "7", string(AppendTnum(nil, tnum.Const(7), r)))
	require.Equal(t, "(0x7; 0x0)", string(AppendTnum(nil, tnum.Const(7), RulesFor(linux.V6_1))))
}

// TestSetSum has what Linux 6.18.44 printed of r1 after "r1 = r2; r1 += 5" and
// "if r2 < 100" on a load of 8 bytes.
func TestSetSum(t *testing.T) {
	r := RulesFor(linux.V6_18)
	known, hundred, sum := Unknown(), Const(100), Unknown()
	Refine(Lt, false, true, &known, &hundred, r)
	sum.SetSum(&known, 5, false, r)
	require.Equal(t, "scalar(smin=umin=smin32=umin32=5,smax=umax=smax32=umax32=104,var_off=(0x0; 0x7f))", sum.Format(Label{}, r))
}

func TestFork(t *testing.T) {
	r := RulesFor(linux.V6_18)
	sign, mask := Unknown(), Const(7)
	shift := Const(63)
	Alu64(Arsh, &sign, &shift, r)
	zero, ones, ok := sign.Fork(And, &mask, r)
	require.True(t, ok)
	require.Equal(t, Const(0), zero)
	require.Equal(t, Const(^uint64(0)), ones)
	_, _, ok = sign.Fork(Xor, &mask, r)
	require.False(t, ok)
	_, _, ok = sign.Fork(And, &mask, RulesFor(linux.V6_1))
	require.False(t, ok)
}

func TestWithin(t *testing.T) {
	for _, kernel := range linux.Targets() {
		r := RulesFor(kernel)
		all := sets(2, embeddings["sign"], r)
		for i := range all {
			for j := range all {
				a, b := &all[i], &all[j]
				if !a.v.Within(&b.v, r) {
					continue
				}
				for _, x := range a.words {
					require.True(t, holds(&b.v, x, r), "%s within %s", show(&a.v, r), show(&b.v, r))
				}
			}
			require.True(t, all[i].v.Within(&all[i].v, r) && all[i].v.Equal(&all[i].v, r))
		}
	}
}

// TestBounds has the bounds that helpers' results get.
func TestBounds(t *testing.T) {
	for _, kernel := range linux.Targets() {
		r := RulesFor(kernel)
		v := Unknown()
		v.SetSigned(-4095, 64, r)
		require.Equal(t, [2]int64{-4095, 64}, [2]int64{v.SMin, v.SMax})
		require.Equal(t, [2]int32{-4095, 64}, [2]int32{v.Low.SMin, v.Low.SMax})
		v.LimitSigned(-1, 100, r)
		require.Equal(t, [2]int64{-1, 64}, [2]int64{v.SMin, v.SMax})
		v.SetUnknown()
		v.SetUnsigned(0, 7, r)
		require.Equal(t, tnum.Range(0, 7), v.Tnum)
		require.Equal(t, uint64(7), v.UMax)
	}
}
