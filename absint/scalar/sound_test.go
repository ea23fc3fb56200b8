package scalar

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/internal/linux"
)

// The exhaustive tests embed small numbers into 64-bit words, at the places
// where something can go wrong: at the bottom, with a copied sign, across the
// sign of the lower half, and at the top of the word.
var embeddings = map[string]func(uint64, int) uint64{
	"low":  func(x uint64, _ int) uint64 { return x },
	"sign": func(x uint64, w int) uint64 { return uint64(int64(x) << (64 - w) >> (64 - w)) },
	"half": func(x uint64, w int) uint64 { return x << (33 - w) },
	"top":  func(x uint64, w int) uint64 { return x << (64 - w) },
}

// set is an abstract value and the words that it has to stand for.
type set struct {
	v     Value
	words []uint64
}

// sets returns an abstract value for every interval and every pattern of bits of
// a small width, without repetitions.
func sets(w int, embed func(uint64, int) uint64, r *Rules) []set {
	var out []set
	seen := map[Value]bool{}
	for mask := range uint64(1) << w {
		for value := range uint64(1) << w {
			if value&mask != 0 {
				continue
			}
			for lo := range uint64(1) << w {
				for hi := lo; hi < 1<<w; hi++ {
					s := newSet(w, embed, tnum.Tnum{Value: value, Mask: mask}, lo, hi, r)
					if len(s.words) > 0 && !seen[s.v] {
						seen[s.v] = true
						out = append(out, s)
					}
				}
			}
		}
	}
	return out
}

// newSet builds the value of the small numbers in t between lo and hi the way a
// program would: by masking and comparing. Embeddings keep either the signed or
// the unsigned order.
func newSet(w int, embed func(uint64, int) uint64, t tnum.Tnum, lo, hi uint64, r *Rules) set {
	s := set{v: Unknown()}
	s.v.Tnum = tnum.Const(embed(t.Value, w))
	for x := range uint64(1) << w {
		if t.Contains(x) {
			s.v.Tnum = s.v.Tnum.Union(tnum.Const(embed(x, w)))
			if lo <= x && x <= hi {
				s.words = append(s.words, embed(x, w))
			}
		}
	}
	s.v.Sync(r)
	a, b := Const(embed(lo, w)), Const(embed(hi, w))
	if len(s.words) > 0 {
		Refine(Ge, false, true, &s.v, &a, r)
		Refine(Le, false, true, &s.v, &b, r)
	}
	return s
}

// holds reports whether v stands for the word x.
func holds(v *Value, x uint64, r *Rules) bool {
	low := uint32(x)
	if r.CircularRanges && !(v.Range64.arc.holds(x) && v.Low.arc.holds(low)) {
		return false
	}
	return v.Tnum.Contains(x) && v.UMin <= x && x <= v.UMax && v.SMin <= int64(x) && int64(x) <= v.SMax &&
		v.Low.UMin <= low && low <= v.Low.UMax && v.Low.SMin <= int32(low) && int32(low) <= v.Low.SMax
}

var operations = map[string]Op{
	"add": Add, "sub": Sub, "mul": Mul, "div": Div, "or": Or, "and": And, "lsh": Lsh, "rsh": Rsh,
	"mod": Mod, "xor": Xor, "arsh": Arsh, "sdiv": SDiv, "smod": SMod,
}

var comparisons = []Cond{Eq, Ne, Set, Lt, Le, Gt, Ge, Slt, Sle, Sgt, Sge}

// apply is the concrete operation (RFC 9669, section 4.1).
func apply(op Op, a, b uint64, is32 bool) uint64 {
	if is32 {
		return uint64(uint32(apply64(op, uint64(int64(int32(a))), uint64(int64(int32(b))), 32, uint64(uint32(a)), uint64(uint32(b)))))
	}
	return apply64(op, a, b, 64, a, b)
}

// apply64 has the operands both sign-extended and zero-extended.
func apply64(op Op, a, b, width, ua, ub uint64) uint64 {
	n := b & (width - 1)
	switch op {
	case Add:
		return a + b
	case Sub:
		return a - b
	case Mul:
		return a * b
	case Or:
		return a | b
	case And:
		return a & b
	case Xor:
		return a ^ b
	case Lsh:
		return a << n
	case Rsh:
		return ua >> n
	case Arsh:
		return uint64(int64(a) >> n)
	}
	if b == 0 {
		if op == Div || op == SDiv {
			return 0
		}
		return a
	}
	switch op {
	case Div:
		return ua / ub
	case Mod:
		return ua % ub
	case SDiv:
		if b == ^uint64(0) {
			return -a
		}
		return uint64(int64(a) / int64(b))
	}
	if b == ^uint64(0) {
		return 0
	}
	return uint64(int64(a) % int64(b))
}

// compare is the concrete comparison (RFC 9669, section 4.3).
func compare(c Cond, a, b uint64, is32 bool) bool {
	if is32 {
		if c == Slt || c == Sle || c == Sgt || c == Sge {
			a, b = uint64(int64(int32(a))), uint64(int64(int32(b)))
		} else {
			a, b = uint64(uint32(a)), uint64(uint32(b))
		}
	}
	switch c {
	case Eq:
		return a == b
	case Ne:
		return a != b
	case Set:
		return a&b != 0
	case Lt:
		return a < b
	case Le:
		return a <= b
	case Gt:
		return a > b
	case Ge:
		return a >= b
	case Slt:
		return int64(a) < int64(b)
	case Sle:
		return int64(a) <= int64(b)
	case Sgt:
		return int64(a) > int64(b)
	}
	return int64(a) >= int64(b)
}

func exhaustiveWidth() int {
	if testing.Short() {
		return 2
	}
	return 3
}

// TestSound checks every pair of small abstract values against every concrete
// word that they stand for, for every kernel.
func TestSound(t *testing.T) {
	for _, kernel := range linux.Targets() {
		for name, embed := range embeddings {
			t.Run(fmt.Sprintf("%s/%s", kernel, name), func(t *testing.T) {
				r := RulesFor(kernel)
				all := sets(exhaustiveWidth(), embed, r)
				for i := range all {
					for j := range all {
						checkPair(t, &all[i], &all[j], r)
						if t.Failed() {
							return
						}
					}
				}
			})
		}
	}
}

func checkPair(t *testing.T, a, b *set, r *Rules) {
	b = &set{b.v, b.words} // not the same register
	checkOffsets(t, a, b, r)
	for _, is32 := range []bool{false, true} {
		for name, op := range operations {
			checkOperation(t, name, op, is32, a, b, r)
		}
		for _, c := range comparisons {
			checkComparison(t, c, is32, a, b, r)
		}
	}
}

func checkOperation(t *testing.T, name string, op Op, is32 bool, a, b *set, r *Rules) {
	got := a.v
	if is32 {
		Alu32(op, &got, &b.v, r)
	} else {
		Alu64(op, &got, &b.v, r)
	}
	for _, x := range a.words {
		for _, y := range b.words {
			if z := apply(op, x, y, is32); !holds(&got, z, r) {
				t.Errorf("%s (32 bits: %v): %s with %s is %s, but %#x with %#x is %#x", name, is32,
					show(&a.v, r), show(&b.v, r), show(&got, r), x, y, z)
				return
			}
		}
	}
}

// checkOffsets takes the values for offsets of pointers.
func checkOffsets(t *testing.T, a, b *set, r *Rules) {
	sum, difference := a.v, a.v
	sum.AddOffset(&b.v, r)
	difference.SubOffset(&b.v, r)
	for _, x := range a.words {
		for _, y := range b.words {
			if !holds(&sum, x+y, r) || !holds(&difference, x-y, r) {
				t.Errorf("offsets %s and %s have sum %s, difference %s; %#x and %#x", show(&a.v, r), show(&b.v, r),
					show(&sum, r), show(&difference, r), x, y)
				return
			}
		}
	}
}

func checkComparison(t *testing.T, c Cond, is32 bool, a, b *set, r *Rules) {
	way := Branch(c, is32, &a.v, &b.v, r)
	var refined [2][2]Value
	for taken := range refined {
		refined[taken] = [2]Value{a.v, b.v}
		Refine(c, is32, taken == 1, &refined[taken][0], &refined[taken][1], r)
	}
	for _, x := range a.words {
		for _, y := range b.words {
			taken := compare(c, x, y, is32)
			after := &refined[0]
			if taken {
				after = &refined[1]
			}
			if way == Always && !taken || way == Never && taken || !holds(&after[0], x, r) || !holds(&after[1], y, r) {
				t.Errorf("condition %d (32 bits: %v) of %s and %s: decided %d, refined %s and %s; %#x and %#x: %v", c, is32,
					show(&a.v, r), show(&b.v, r), way, show(&after[0], r), show(&after[1], r), x, y, taken)
				return
			}
		}
	}
}

func show(v *Value, r *Rules) string {
	s := v.Format(Label{}, r)
	if r.CircularRanges {
		s += fmt.Sprintf("%#x%#x", v.Range64.arc, v.Low.arc)
	}
	return s
}

// TestSoundUnary checks operations on one value over all 8-bit intervals and
// all 8-bit patterns.
func TestSoundUnary(t *testing.T) {
	step := uint64(1)
	if testing.Short() {
		step = 17
	}
	for _, kernel := range linux.Targets() {
		r := RulesFor(kernel)
		for name, embed := range embeddings {
			for i := uint64(0); i < 256; i += step {
				for j := range uint64(256) {
					if i <= j {
						s := newSet(8, embed, tnum.Tnum{Mask: 0xff}, i, j, r)
						checkUnary(t, name, &s, r)
					}
					if i&j == 0 {
						s := newSet(8, embed, tnum.Tnum{Value: i, Mask: j}, 0, 255, r)
						checkUnary(t, name, &s, r)
					}
					if t.Failed() {
						return
					}
				}
			}
		}
	}
}

func checkUnary(t *testing.T, where string, s *set, r *Rules) {
	check := func(what string, abstract func(*Value), concrete func(uint64) uint64) {
		got := s.v
		abstract(&got)
		for _, x := range s.words {
			if y := concrete(x); !holds(&got, y, r) {
				t.Errorf("%s, %s: %s gives %s, but %#x gives %#x", where, what, show(&s.v, r), show(&got, r), x, y)
				return
			}
		}
	}
	check("neg", func(v *Value) { v.Neg(false, r) }, func(x uint64) uint64 { return -x })
	check("neg32", func(v *Value) { v.Neg(true, r) }, func(x uint64) uint64 { return uint64(-uint32(x)) })
	check("mov32", func(v *Value) { v.Mov32(r) }, func(x uint64) uint64 { return uint64(uint32(x)) })
	for _, size := range []int{1, 2, 4} {
		n := 64 - 8*size
		check("truncate", func(v *Value) { v.Truncate(size, r) }, func(x uint64) uint64 { return x << n >> n })
		check("movsx", func(v *Value) { v.MovSX(size, false, r) }, func(x uint64) uint64 { return uint64(int64(x) << n >> n) })
		if size < 4 {
			check("movsx32", func(v *Value) { v.MovSX(size, true, r) },
				func(x uint64) uint64 { return uint64(uint32(int64(x) << n >> n)) })
		}
		check("swap", func(v *Value) { v.Swap(size, true, r) }, func(x uint64) uint64 { return bits.ReverseBytes64(x) >> n })
		check("no swap", func(v *Value) { v.Swap(size, false, r) }, func(x uint64) uint64 { return x << n >> n })
	}
}

// TestSoundRandom follows random programs with random words at full width.
func TestSoundRandom(t *testing.T) {
	rounds := 200_000
	if testing.Short() {
		rounds = 20_000
	}
	for _, kernel := range linux.Targets() {
		rnd := rand.New(rand.NewPCG(5, uint64(kernel.Minor)))
		r := RulesFor(kernel)
		a, b := randomSet(rnd, r), randomSet(rnd, r)
		for range rounds {
			checkPair1(t, rnd, &a, &b, r)
			if t.Failed() {
				return
			}
			if rnd.IntN(8) == 0 {
				a = randomSet(rnd, r)
			}
			a, b = b, a
		}
	}
}

// randomSet returns a value of random knowledge around one random word.
func randomSet(rnd *rand.Rand, r *Rules) set {
	x := rnd.Uint64() >> rnd.IntN(64)
	if rnd.IntN(2) == 0 {
		x = -x
	}
	s := set{Unknown(), []uint64{x}}
	mask := rnd.Uint64() >> rnd.IntN(64)
	s.v.Tnum = tnum.Tnum{Value: x &^ mask, Mask: mask}
	s.v.Sync(r)
	return s
}

// checkPair1 applies one random operation and one random comparison to a.
func checkPair1(t *testing.T, rnd *rand.Rand, a, b *set, r *Rules) {
	is32 := rnd.IntN(2) == 0
	names := []string{"add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "mod", "xor", "arsh", "sdiv", "smod"}
	name := names[rnd.IntN(len(names))]
	checkOperation(t, name, operations[name], is32, a, b, r)
	c := comparisons[rnd.IntN(len(comparisons))]
	checkComparison(t, c, is32, a, b, r)
	if rnd.IntN(2) == 0 {
		Refine(c, is32, compare(c, a.words[0], b.words[0], is32), &a.v, &b.v, r)
		return
	}
	if is32 {
		Alu32(operations[name], &a.v, &b.v, r)
	} else {
		Alu64(operations[name], &a.v, &b.v, r)
	}
	a.words[0] = apply(operations[name], a.words[0], b.words[0], is32)
}
