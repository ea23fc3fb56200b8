package scalar

import (
	"testing"

	"github.com/bpflint/bpflint/internal/linux"
)

// TestMonotone: of operands of which more is known, the result is not less
// known. Circular ranges break this, since two arcs can meet in two pieces and
// one of them then stands for both.
func TestMonotone(t *testing.T) {
	for _, kernel := range linux.Targets() {
		r := RulesFor(kernel)
		if r.CircularRanges {
			continue
		}
		for where, embed := range embeddings {
			all := sets(2, embed, r)
			for i := range all {
				for j := range all {
					if i != j && all[i].v.Within(&all[j].v, r) {
						checkMonotone(t, where, &all[i].v, &all[j].v, all, r)
					}
				}
			}
		}
	}
}

func checkMonotone(t *testing.T, where string, narrow, wide *Value, all []set, r *Rules) {
	for k := range all {
		src := &all[k].v
		for name, op := range operations {
			if loses(op, false, *narrow, *wide, *src, r) || loses(op, true, *narrow, *wide, *src, r) {
				t.Fatalf("%s, %s: of %s more is known than of %s, but not of the result with %s",
					where, name, show(narrow, r), show(wide, r), show(src, r))
			}
		}
	}
}

// loses applies an operation to a value and to a wider one.
func loses(op Op, is32 bool, narrow, wide, src Value, r *Rules) bool {
	if is32 {
		Alu32(op, &narrow, &src, r)
		Alu32(op, &wide, &src, r)
	} else {
		Alu64(op, &narrow, &src, r)
		Alu64(op, &wide, &src, r)
	}
	return !narrow.Within(&wide, r)
}
