package analysis

import (
	"path"
	"strings"
)

// Suppression hides findings from reports. It never changes a verdict.
type Suppression struct {
	ID      string // rule ID or a pattern such as "lint/*"
	Path    string // pattern for the object's path or the last part of it; empty for all
	Program string // pattern for the program's name; empty for all
	Reason  string
}

// ignoreMark in a comment at the end of a line of the source hides findings
// about this line: "x = *p; // bpflint:ignore lint/deprecated-helper reason".
const ignoreMark = "bpflint:ignore "

func (s Suppression) hides(object, program string, f *Finding) bool {
	return match(s.ID, f.ID) &&
		(s.Path == "" || match(s.Path, object) || match(s.Path, path.Base(object))) &&
		(s.Program == "" || match(s.Program, program))
}

func match(pattern, s string) bool {
	ok, err := path.Match(pattern, s)
	return ok && err == nil
}

// ignored reports whether a comment on the finding's line names its rule.
func ignored(f *Finding) bool {
	_, comment, ok := strings.Cut(f.Pos.Text, ignoreMark)
	if !ok {
		return false
	}
	ids, _, _ := strings.Cut(strings.TrimSpace(comment), " ")
	for id := range strings.SplitSeq(strings.TrimSuffix(ids, "*/"), ",") {
		if match(id, f.ID) {
			return true
		}
	}
	return false
}

// suppress moves the findings that are to be shown into the result and counts
// the others.
func suppress(object string, p *ProgramResult, found []Finding, hidden []string, rules []Suppression) {
	for i := range found {
		if hide(object, p.Name, &found[i], hidden, rules) {
			p.Suppressed++
		} else {
			p.Findings = append(p.Findings, found[i])
		}
	}
}

func hide(object, program string, f *Finding, hidden []string, rules []Suppression) bool {
	for _, pattern := range hidden {
		if match(pattern, f.ID) {
			return true
		}
	}
	for _, s := range rules {
		if s.hides(object, program, f) {
			return true
		}
	}
	return ignored(f)
}
