package scalar

import (
	"testing"

	"github.com/bpflint/bpflint/absint/tnum"
	"github.com/bpflint/bpflint/internal/linux"
)

// FuzzSound takes two words and what is known of them through operations and
// branches; the words have to stay inside what is known, for every kernel.
func FuzzSound(f *testing.F) {
	f.Add(uint64(5), uint64(0xff), uint64(3), uint64(0), []byte{0x07, 0x15, 0x84})
	f.Add(^uint64(0), uint64(1)<<63, uint64(1)<<31, ^uint64(0), []byte{0x2c, 0xdd, 0x6e, 0x40})
	f.Fuzz(func(t *testing.T, x, unknownX, y, unknownY uint64, steps []byte) {
		for _, kernel := range linux.Targets() {
			r := RulesFor(kernel)
			a := set{Unknown(), []uint64{x}}
			b := set{Unknown(), []uint64{y}}
			a.v.Tnum = tnum.Tnum{Value: x &^ unknownX, Mask: unknownX}
			b.v.Tnum = tnum.Tnum{Value: y &^ unknownY, Mask: unknownY}
			a.v.Sync(r)
			b.v.Sync(r)
			for _, s := range steps[:min(len(steps), 64)] {
				fuzzStep(t, s, &a, &b, r)
				if t.Failed() {
					return
				}
				a, b = b, a
			}
		}
	})
}

// fuzzStep applies an operation (low half of s below 13) or a comparison.
func fuzzStep(t *testing.T, s byte, a, b *set, r *Rules) {
	is32 := s&0x80 != 0
	ops := [...]Op{Add, Sub, Mul, Div, Or, And, Lsh, Rsh, Mod, Xor, Arsh, SDiv, SMod}
	if n := int(s & 0x1f); n < len(ops) {
		checkOperation(t, "fuzz", ops[n], is32, a, b, r)
		x := apply(ops[n], a.words[0], b.words[0], is32)
		if is32 {
			Alu32(ops[n], &a.v, &b.v, r)
		} else {
			Alu64(ops[n], &a.v, &b.v, r)
		}
		a.words[0] = x
		return
	}
	c := comparisons[int(s&0x1f)%len(comparisons)]
	checkComparison(t, c, is32, a, b, r)
	Refine(c, is32, compare(c, a.words[0], b.words[0], is32), &a.v, &b.v, r)
}
