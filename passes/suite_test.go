package passes_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/passes"
)

func TestSuiteIsValid(t *testing.T) {
	require.NoError(t, analysis.Validate(passes.Suite()))
}

// Docs are printed by "bpflint passes", which shows the first sentence.
func TestDocsBeginWithASentence(t *testing.T) {
	for _, a := range passes.Suite() {
		first, rest, _ := strings.Cut(a.Doc, "\n")
		require.LessOrEqual(t, len(first), 90, "%s: the first line of Doc", a)
		require.NotContains(t, strings.TrimSuffix(first, "."), ". ", "%s", a)
		require.True(t, rest == "" || strings.HasPrefix(rest, "\n"), "%s: want an empty line after the first", a)
	}
}

func TestLookup(t *testing.T) {
	for _, a := range passes.Suite() {
		require.Same(t, a, passes.ByName(a.Name))
		for _, r := range a.Diagnostics {
			owner, rule := passes.RuleByID(r.ID)
			require.Same(t, a, owner)
			require.Equal(t, r.ID, rule.ID)
		}
	}
	require.Nil(t, passes.ByName("no such"))
	owner, rule := passes.RuleByID("no/such")
	require.Nil(t, owner)
	require.Nil(t, rule)
}
