package tnum

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A small tnum has its unknown bits in a window of a few bits. The window lies
// where carries leave the word, where they cross from one half into the other,
// or at the bottom.
var windows = []uint8{0, 30, 64 - width}

const width = 4

// small returns every tnum of the window at shift.
func small(bits int, shift uint8) []Tnum {
	var all []Tnum
	for mask := range uint64(1) << bits {
		for value := range uint64(1) << bits {
			if value&mask == 0 {
				all = append(all, Tnum{value << shift, mask << shift})
			}
		}
	}
	return all
}

// members calls f with every member.
func (t Tnum) members(f func(uint64)) {
	for sub := t.Mask; ; sub = (sub - 1) & t.Mask {
		f(t.Value | sub)
		if sub == 0 {
			return
		}
	}
}

// best is the smallest tnum that holds everything that was added.
type best struct {
	t     Tnum
	count int
}

func (b *best) add(v uint64) {
	if b.count++; b.count == 1 {
		b.t = Const(v)
		return
	}
	b.t = b.t.Union(Const(v))
}

type binary struct {
	name     string
	abstract func(_, _ Tnum) Tnum
	concrete func(_, _ uint64) uint64
	optimal  bool
}

var binaries = []binary{
	{"add", Tnum.Add, func(a, b uint64) uint64 { return a + b }, true},
	{"sub", Tnum.Sub, func(a, b uint64) uint64 { return a - b }, true},
	{"and", Tnum.And, func(a, b uint64) uint64 { return a & b }, true},
	{"or", Tnum.Or, func(a, b uint64) uint64 { return a | b }, true},
	{"xor", Tnum.Xor, func(a, b uint64) uint64 { return a ^ b }, true},
	{"mul in halves", MulHalves, func(a, b uint64) uint64 { return a * b }, false},
	{"mul decomposed", MulDecomposed, func(a, b uint64) uint64 { return a * b }, false},
	{"mul union", MulUnion, func(a, b uint64) uint64 { return a * b }, false},
}

// TestBinary checks every pair of small tnums: each concrete result is a member
// of the abstract one, and where the paper proves it nothing else could be.
func TestBinary(t *testing.T) {
	for _, op := range binaries {
		for _, shift := range windows {
			t.Run(fmt.Sprintf("%s/%d", op.name, shift), func(t *testing.T) {
				all := small(width, shift)
				for _, a := range all {
					for _, b := range all {
						checkBinary(t, op, a, b)
					}
				}
			})
		}
	}
}

func checkBinary(t *testing.T, op binary, a, b Tnum) {
	got, want := op.abstract(a, b), best{}
	a.members(func(x uint64) {
		b.members(func(y uint64) { want.add(op.concrete(x, y)) })
	})
	if !want.t.In(got) || op.optimal && got != want.t || got.Value&got.Mask != 0 {
		t.Fatalf("%v %s %v = %v, the best is %v", a, op.name, b, got, want.t)
	}
}

type unary struct {
	name     string
	abstract func(Tnum) Tnum
	concrete func(uint64) uint64
}

func unaries() []unary {
	ops := []unary{
		{"neg", Tnum.Neg, func(x uint64) uint64 { return -x }},
		{"subreg", Tnum.Subreg, func(x uint64) uint64 { return uint64(uint32(x)) }},
		{"clear subreg", Tnum.ClearSubreg, func(x uint64) uint64 { return x &^ (1<<32 - 1) }},
	}
	for _, n := range []uint8{0, 1, 5, 31} {
		ops = append(ops,
			unary{"lsh", func(t Tnum) Tnum { return t.Lsh(n) }, func(x uint64) uint64 { return x << n }},
			unary{"rsh", func(t Tnum) Tnum { return t.Rsh(n) }, func(x uint64) uint64 { return x >> n }},
			unary{"arsh", func(t Tnum) Tnum { return t.Arsh(n) }, func(x uint64) uint64 { return uint64(int64(x) >> n) }},
			unary{"arsh32", func(t Tnum) Tnum { return t.Arsh32(n) }, func(x uint64) uint64 { return uint64(uint32(int32(x) >> n)) }})
	}
	for _, size := range []int{1, 2, 4, 8} {
		n := 64 - 8*size
		ops = append(ops,
			unary{"cast", func(t Tnum) Tnum { return t.Cast(size) }, func(x uint64) uint64 { return x << n >> n }},
			unary{"sign-extend", func(t Tnum) Tnum { return t.SignExtend(size) }, func(x uint64) uint64 { return uint64(int64(x) << n >> n) }},
			unary{"swap", func(t Tnum) Tnum { return t.Bswap(size) }, func(x uint64) uint64 { return swap(x, size) }})
	}
	return ops
}

func swap(x uint64, size int) (y uint64) {
	for range size {
		y, x = y<<8|x&0xff, x>>8
	}
	return y
}

// TestUnary checks every 8-bit tnum in several places of the word.
func TestUnary(t *testing.T) {
	for _, op := range unaries() {
		for _, shift := range []uint8{0, 3, 28, 56} {
			for _, a := range small(8, shift) {
				got, want := op.abstract(a), best{}
				a.members(func(x uint64) { want.add(op.concrete(x)) })
				if got != want.t {
					t.Fatalf("%s %v = %v, the best is %v", op.name, a, got, want.t)
				}
			}
		}
	}
}

// TestMonotone: knowing more about the operands never says less of the result.
func TestMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		a, b := random(r), random(r)
		wide := a.Union(Tnum{Mask: r.Uint64() & r.Uint64() & r.Uint64()})
		for _, op := range binaries {
			if !op.optimal {
				continue // the best result is monotone; multiplications are not
			}
			if got, more := op.abstract(wide, b), op.abstract(a, b); !more.In(got) {
				t.Fatalf("%s: %v and %v give %v, but %v of %v gives %v", op.name, wide, b, got, a, wide, more)
			}
		}
	}
}

// random returns a tnum of any width and with a random member.
func random(r *rand.Rand) Tnum {
	n := r.IntN(64)
	mask := r.Uint64() >> n
	if r.IntN(2) == 0 {
		mask &= r.Uint64()
	}
	return build(r.Uint64()>>r.IntN(64), mask)
}

// TestRandom checks a random member of full-width operands.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300_000 {
		a, b := random(r), random(r)
		x, y := a.Value|r.Uint64()&a.Mask, b.Value|r.Uint64()&b.Mask
		for _, op := range binaries {
			if got := op.abstract(a, b); !got.Contains(op.concrete(x, y)) {
				t.Fatalf("%v %s %v = %v does not hold %#x %s %#x", a, op.name, b, got, x, op.name, y)
			}
		}
	}
}

// TestSets checks the set operations against the sets.
func TestSets(t *testing.T) {
	all := small(width, 0)
	for _, a := range all {
		for _, b := range all {
			common, in := best{}, true
			a.members(func(x uint64) {
				if b.Contains(x) {
					common.add(x)
				} else {
					in = false
				}
			})
			require.Equal(t, common.count > 0, a.Overlaps(b), "%v overlaps %v", a, b)
			require.Equal(t, in, a.In(b), "%v in %v", a, b)
			if common.count > 0 {
				require.Equal(t, common.t, a.Intersect(b), "%v intersects %v", a, b)
			}
			both := best{}
			a.members(both.add)
			b.members(both.add)
			require.Equal(t, both.t, a.Union(b), "%v united with %v", a, b)
		}
	}
}

func TestRange(t *testing.T) {
	for lo := range uint64(64) {
		for hi := lo; hi < 64; hi++ {
			want := best{}
			for x := lo; x <= hi; x++ {
				want.add(x)
			}
			// The kernel leaves every bit below the first that differs unknown.
			got := Range(lo, hi)
			require.True(t, want.t.In(got))
			require.Equal(t, got.Mask&(got.Mask+1), uint64(0))
		}
	}
	require.Equal(t, Unknown(), Range(0, ^uint64(0)))
	require.Equal(t, Unknown(), Range(1, 1<<63))
}

func TestNext(t *testing.T) {
	for _, a := range small(6, 0) {
		for v := range uint64(70) {
			want := a.Max()
			for x := v + 1; x <= a.Max(); x++ {
				if a.Contains(x) {
					want = x
					break
				}
			}
			require.Equal(t, want, a.Next(v), "%v after %d", a, v)
		}
	}
}

func TestAligned(t *testing.T) {
	for _, a := range small(6, 0) {
		for size := uint64(1); size <= 16; size *= 2 {
			want := true
			a.members(func(x uint64) { want = want && x%size == 0 })
			require.Equal(t, want, a.IsAligned(size), "%v by %d", a, size)
		}
		require.True(t, a.IsAligned(0))
	}
}

func TestSubreg(t *testing.T) {
	a := Tnum{Value: 0x12340000_00005678, Mask: 0x0000ffff_ffff0000}
	require.Equal(t, Tnum{0x12340000_0000abcd, 0x0000ffff_00000000}, a.WithConstSubreg(0xabcd))
	require.Equal(t, a, a.ClearSubreg().WithSubreg(a))
	require.False(t, a.SubregIsConst())
	require.True(t, a.ClearSubreg().SubregIsConst())
}

func TestString(t *testing.T) {
	require.Equal(t, "(0x0; 0xff)", Range(0, 200).String())
	require.Equal(t, "(0x7; 0x0)", Const(7).String())
	require.Equal(t, "(0x0; 0xffffffffffffffff)", Unknown().String())
}

func BenchmarkMul(b *testing.B) {
	x, y := Tnum{Value: 0x100, Mask: 0xff}, Tnum{Value: 1, Mask: 0xf0}
	for _, op := range binaries[5:] {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Value ^= op.abstract(x, y).Value & 0x200
			}
		})
	}
}
