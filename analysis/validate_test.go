package analysis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func nop(*Pass) (any, error) { return nil, nil }

func stub(name string, requires ...*Analyzer) *Analyzer {
	return &Analyzer{Name: name, Doc: "does nothing", Run: nop, Requires: requires}
}

func rule(id string) Rule { return Rule{ID: id, Title: "title", Doc: "doc"} }

func TestValidate(t *testing.T) {
	first := stub("first")
	second := stub("second", first)
	undocumented := stub("quiet")
	undocumented.Doc = " \n"
	norun := stub("norun")
	norun.Run = nil
	ruled := stub("ruled")
	ruled.Diagnostics = []Rule{rule("a/b")}
	ruledToo := stub("ruledtoo")
	ruledToo.Diagnostics = []Rule{rule("a/b")}
	badRule := stub("badrule")
	badRule.Diagnostics = []Rule{rule("A/b")}
	bareRule := stub("barerule")
	bareRule.Diagnostics = []Rule{{ID: "a/c"}}
	loop1, loop2 := stub("loopa"), stub("loopb")
	loop1.Requires = []*Analyzer{loop2}
	loop2.Requires = []*Analyzer{loop1}

	for _, tt := range []struct {
		name  string
		suite []*Analyzer
		want  string // "" when valid
	}{
		{"empty", nil, ""},
		{"ordered", []*Analyzer{first, second}, ""},
		{"reversed", []*Analyzer{second, first}, "second requires first, which does not stand before it"},
		{"outside", []*Analyzer{second}, "second requires first"},
		{"cycle", []*Analyzer{loop1, loop2}, "loopa -> loopb -> loopa"},
		{"twice", []*Analyzer{first, first}, "first is in the suite twice"},
		{"nil", []*Analyzer{nil}, "nil analyzer"},
		{"bad name", []*Analyzer{stub("Two words")}, "must be a Go package's name"},
		{"no doc", []*Analyzer{undocumented}, "quiet has no Doc"},
		{"no run", []*Analyzer{norun}, "norun has no Run"},
		{"same rule", []*Analyzer{ruled, ruledToo}, "rule a/b belongs to both ruled and ruledtoo"},
		{"bad rule", []*Analyzer{badRule}, `rule "A/b"`},
		{"bare rule", []*Analyzer{bareRule}, "rule a/c has no Title or no Doc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Validate(tt.suite)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestPlan(t *testing.T) {
	structure := stub("structure")
	structure.Diagnostics = []Rule{{ID: "structure/x", Severity: Reject, Title: "t", Doc: "d"}}
	graph := stub("graph", structure)
	proof := stub("proof", graph)
	proof.Diagnostics = []Rule{{ID: "proof/x", Severity: Reject, Title: "t", Doc: "d"}}
	lint := stub("lint")
	lint.Diagnostics = []Rule{rule("lint/x")}
	suite := []*Analyzer{structure, graph, proof, lint}

	for _, tt := range []struct {
		name        string
		sel         Selection
		run, absent []string
		hidden      []string
		err         string
	}{
		{name: "all", run: []string{"structure", "graph", "proof", "lint"}},
		{name: "enable pulls in what is required", sel: Selection{Enable: []string{"proof"}}, run: []string{"structure", "graph", "proof"}},
		{name: "enable a lint", sel: Selection{Enable: []string{"lint"}}, run: []string{"lint"}, absent: []string{"structure", "proof"}},
		{name: "disable takes dependents along", sel: Selection{Disable: []string{"structure"}}, run: []string{"lint"}, absent: []string{"structure", "proof"}},
		{name: "disable a rule", sel: Selection{Disable: []string{"lint/*"}}, run: []string{"structure", "graph", "proof", "lint"}, hidden: []string{"lint/*"}},
		{name: "unknown", sel: Selection{Enable: []string{"prof"}}, err: `no analyzer is named "prof"`},
		{name: "unknown rule", sel: Selection{Disable: []string{"lint/y"}}, err: `no rule matches "lint/y"`},
		{name: "bad pattern", sel: Selection{Disable: []string{"lint/["}}, err: "syntax error in pattern"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := newPlan(suite, tt.sel)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.ElementsMatch(t, tt.run, names(p.run))
			require.ElementsMatch(t, tt.absent, names(p.absent))
			require.Equal(t, tt.hidden, p.hidden)
		})
	}
}
