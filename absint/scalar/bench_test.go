package scalar

import (
	"testing"

	"github.com/bpflint/bpflint/internal/linux"
)

// BenchmarkReplay executes recorded programs of a kernel: the mix of operations
// that random programs have, branches with both refinements included. The time
// is that of one pass; ns/insn is what one instruction takes.
func BenchmarkReplay(b *testing.B) {
	for _, kernel := range linux.Targets() {
		b.Run(kernel.String(), func(b *testing.B) {
			all, rules, steps := recordings(b, kernel), RulesFor(kernel), 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range all {
					steps += execute(&all[i], rules)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/insn")
		})
	}
}

// execute runs the straight line of a program without comparing anything.
func execute(rec *recording, r *Rules) int {
	p := replay{insns: rec.insns, rules: r}
	for p.at >= 0 && p.at < len(p.insns) {
		p.pending = p.pending[:0]
		p.step()
		p.steps++
	}
	return p.steps
}

// BenchmarkOps measures single operations on values of which something, but not
// all, is known.
func BenchmarkOps(b *testing.B) {
	index := Unknown()
	r618 := RulesFor(linux.V6_18)
	index.Truncate(1, r618)
	offset := Unknown()
	offset.Truncate(2, r618)
	four := Const(4)
	cases := []struct {
		name string
		src  *Value
		op   Op
	}{
		{"add", &offset, Add}, {"add constant", &four, Add}, {"sub", &offset, Sub}, {"mul", &offset, Mul},
		{"and", &offset, And}, {"or", &offset, Or}, {"lsh", &four, Lsh}, {"rsh", &four, Rsh}, {"arsh", &four, Arsh},
	}
	for _, kernel := range []linux.Version{linux.V6_1, linux.V6_18, linux.V7_2} {
		r := RulesFor(kernel)
		for _, c := range cases {
			b.Run(kernel.String()+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					v := index
					Alu64(c.op, &v, c.src, r)
				}
			})
		}
		b.Run(kernel.String()+"/branch", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v, w := index, Const(100)
				if Branch(Lt, false, &v, &w, r) == Either {
					Refine(Lt, false, true, &v, &w, r)
				}
			}
		})
	}
}
