package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Each feature has its own row, with a name and a version.
func TestFeatureRows(t *testing.T) {
	seen := map[Feature]bool{}
	for _, block := range []struct{ first, end Feature }{
		{0, featureCount}, {firstCheck, checkEnd}, {firstScalar, scalarEnd}, {firstMachine, machineEnd}, {firstBTF, btfEnd}, {firstFunc, funcEnd}, {firstCaps, capsEnd}, {firstHook, hookEnd},
		{firstTyped, typedEnd}, {firstKfunc, kfuncEnd},
	} {
		for f := block.first; f < block.end; f++ {
			require.NotContains(t, seen, f, "blocks overlap")
			seen[f] = true
			require.Equal(t, f, f.info().Feature, f.String())
			require.NotEmpty(t, f.String(), "feature %d", f)
			require.NotZero(t, f.Since().Major, f.String())
		}
	}
}
