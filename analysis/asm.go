package analysis

import "github.com/bpflint/bpflint/prog"

// disassemble returns the text of the instruction at a slot.
func disassemble(*prog.Program, int) string { return "" }
