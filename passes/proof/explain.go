package proof

import (
	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/analysis"
)

// explain puts the kernel's message into words for the author of the program.
func explain(res *absint.Result) analysis.Diagnostic {
	d := analysis.Diagnostic{Insn: res.Insn, Kernel: res.Message, Errno: res.Errno}
	for i := range refusals {
		r := &refusals[i]
		re := r.pattern()
		m := re.FindStringSubmatchIndex(res.Message)
		if m == nil {
			continue
		}
		d.ID, d.Hint = r.id, r.hint
		d.Message = string(re.ExpandString(nil, r.say, res.Message, m))
		return d
	}
	panic("the last row matches everything")
}
