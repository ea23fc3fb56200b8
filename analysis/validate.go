package analysis

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	ruleForm = regexp.MustCompile(`^[a-z][a-z0-9]*/[a-z0-9]+(-[a-z0-9]+)*$`)
)

// Validate reports what is wrong with a suite: an analyzer without name, doc
// or Run, one that stands before something it requires or requires something
// outside the suite (so there are no cycles), and names or rule IDs that are
// not unique. A suite is a constant of the program; tests call this once.
func Validate(suite []*Analyzer) error {
	v := validator{placed: map[*Analyzer]bool{}, names: map[string]bool{}, rules: map[string]string{}}
	var errs []error
	for _, a := range suite {
		if a == nil {
			errs = append(errs, errors.New("nil analyzer in the suite"))
			continue
		}
		errs = append(errs, v.identity(a), v.order(a), v.ruleSet(a))
		v.placed[a] = true
	}
	return errors.Join(errs...)
}

type validator struct {
	placed map[*Analyzer]bool // analyzers seen so far
	names  map[string]bool
	rules  map[string]string // ID to the analyzer's name
}

func (v *validator) identity(a *Analyzer) error {
	switch {
	case !nameForm.MatchString(a.Name):
		return fmt.Errorf("analyzer %q: the name must be a Go package's name", a.Name)
	case v.names[a.Name]:
		return fmt.Errorf("analyzer %s is in the suite twice", a.Name)
	case strings.TrimSpace(a.Doc) == "":
		return fmt.Errorf("analyzer %s has no Doc", a.Name)
	case a.Run == nil:
		return fmt.Errorf("analyzer %s has no Run", a.Name)
	}
	v.names[a.Name] = true
	return nil
}

// order checks that requirements point backwards, which also rules out cycles.
func (v *validator) order(a *Analyzer) error {
	if cycle := findCycle(a); cycle != nil {
		return fmt.Errorf("analyzers require each other: %s", strings.Join(cycle, " -> "))
	}
	for _, req := range a.Requires {
		if !v.placed[req] {
			return fmt.Errorf("analyzer %s requires %s, which does not stand before it in the suite", a.Name, req)
		}
	}
	return nil
}

func (v *validator) ruleSet(a *Analyzer) error {
	var errs []error
	for _, r := range a.Diagnostics {
		owner, dup := v.rules[r.ID]
		switch {
		case !ruleForm.MatchString(r.ID):
			errs = append(errs, fmt.Errorf("analyzer %s: rule %q: want family/words-with-dashes", a.Name, r.ID))
		case dup:
			errs = append(errs, fmt.Errorf("rule %s belongs to both %s and %s", r.ID, owner, a.Name))
		case r.Title == "" || r.Doc == "":
			errs = append(errs, fmt.Errorf("rule %s has no Title or no Doc", r.ID))
		}
		v.rules[r.ID] = a.Name
	}
	return errors.Join(errs...)
}

// findCycle returns the names along a cycle of requirements that is reachable
// from a, nil when there is none.
func findCycle(a *Analyzer) []string {
	done := map[*Analyzer]bool{}
	var path []*Analyzer
	var visit func(*Analyzer) []string
	visit = func(a *Analyzer) []string {
		for i, p := range path {
			if p == a {
				return append(names(path[i:]), a.Name)
			}
		}
		if a == nil || done[a] {
			return nil
		}
		path = append(path, a)
		for _, req := range a.Requires {
			if cycle := visit(req); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		done[a] = true
		return nil
	}
	return visit(a)
}

func names(as []*Analyzer) []string {
	out := make([]string, len(as))
	for i, a := range as {
		out[i] = a.Name
	}
	return out
}
