package analysis

import (
	"fmt"
	"path"
	"strings"
)

// Selection chooses from a suite.
type Selection struct {
	// Enable names the analyzers to run, with all that they require; empty
	// means the whole suite.
	Enable []string
	// Disable names analyzers to leave out, with all that require them. An
	// entry with a slash is a rule ID or a pattern such as "lint/*" and hides
	// findings instead.
	Disable []string
}

// plan is the part of a suite that runs, in the suite's order.
type plan struct {
	run []*Analyzer
	// absent are analyzers that decide but do not run; without them nothing is
	// accepted.
	absent []*Analyzer
	hidden []string // patterns of rule IDs
}

func newPlan(suite []*Analyzer, sel Selection) (*plan, error) {
	byName := map[string]*Analyzer{}
	for _, a := range suite {
		byName[a.Name] = a
	}
	p := &plan{}
	enabled := map[*Analyzer]bool{}
	for _, name := range sel.Enable {
		a := byName[name]
		if a == nil {
			return nil, unknownAnalyzer(name)
		}
		enableWithRequired(a, enabled)
	}
	disabled := map[*Analyzer]bool{}
	for _, name := range sel.Disable {
		if strings.Contains(name, "/") {
			if err := checkPattern(suite, name); err != nil {
				return nil, err
			}
			p.hidden = append(p.hidden, name)
			continue
		}
		a := byName[name]
		if a == nil {
			return nil, unknownAnalyzer(name)
		}
		disabled[a] = true
	}
	for _, a := range suite {
		// The order of the suite makes this transitive.
		for _, req := range a.Requires {
			disabled[a] = disabled[a] || disabled[req]
		}
		switch {
		case !disabled[a] && (len(sel.Enable) == 0 || enabled[a]):
			p.run = append(p.run, a)
		case a.Decides():
			p.absent = append(p.absent, a)
		}
	}
	return p, nil
}

func enableWithRequired(a *Analyzer, set map[*Analyzer]bool) {
	if set[a] {
		return
	}
	set[a] = true
	for _, req := range a.Requires {
		enableWithRequired(req, set)
	}
}

func unknownAnalyzer(name string) error {
	return fmt.Errorf("no analyzer is named %q; \"bpflint passes\" lists them", name)
}

// checkPattern rejects a pattern that is malformed or matches no rule, since
// it would silently do nothing.
func checkPattern(suite []*Analyzer, pattern string) error {
	for _, a := range suite {
		for _, r := range a.Diagnostics {
			ok, err := path.Match(pattern, r.ID)
			if err != nil {
				return fmt.Errorf("pattern %q: %w", pattern, err)
			}
			if ok {
				return nil
			}
		}
	}
	return fmt.Errorf("no rule matches %q; \"bpflint passes --rules\" lists them", pattern)
}
