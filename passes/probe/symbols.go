package probe

import (
	"fmt"
	"strings"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/kernelbtf"
	"github.com/bpflint/bpflint/internal/linux"
)

// findInSymbols looks for a function in the target's list of symbols.
func findInSymbols(pass *analysis.Pass, name string) {
	s := pass.Program.Target.Symbols.Find(name)
	report := func(id, hint, format string, args ...any) {
		pass.Report(analysis.Diagnostic{ID: id, Insn: -1, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	switch n := s.Global + s.Static; {
	case n == 0 && len(s.Copies) > 0:
		report(target, "the copies do not have all arguments; attach to a caller or to a tracepoint",
			"the symbols list no function %s, only what the compiler made of it: %s", name, strings.Join(s.Copies, ", "))
	case n == 0:
		report(target, "attach to a caller or to a tracepoint", "the symbols list no function %s: it is inlined, renamed or of a module", name)
	case n > 1:
		report(ambiguous, "attach to a caller or to a tracepoint", "the symbols list %d functions of the name %s", n, name)
	case s.Static == 1:
		report(static, "list other names to attach to where it is missing", "%s is static: other builds of the kernel may inline it or give it another name", name)
	}
}

// compareKernels tells in which of the known kernels a function is missing.
func compareKernels(pass *analysis.Pass, name string) {
	var has, lacks []string
	for _, v := range linux.Targets() {
		types, err := kernelbtf.View(v)
		if err != nil {
			continue
		}
		if _, ok := types.Find(btf.KindFunc, name); ok {
			has = append(has, v.String())
		} else {
			lacks = append(lacks, v.String())
		}
	}
	if len(has) > 0 && len(lacks) > 0 {
		pass.Report(analysis.Diagnostic{
			ID: moves, Insn: -1,
			Message: fmt.Sprintf("%s is a function of Linux %s, not of %s", name, strings.Join(has, ", "), strings.Join(lacks, ", ")),
			Hint:    "attach to a tracepoint, or to what each kernel has",
		})
	}
}
