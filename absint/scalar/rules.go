package scalar

import "github.com/bpflint/bpflint/internal/linux"

// Rules says how far a kernel's deductions about scalars go. It is resolved
// once per target and only read afterwards.
type Rules struct {
}

// RulesFor returns the rules of a kernel.
func RulesFor(v linux.Version) Rules {
	return Rules{}
}
