package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseRelease(t *testing.T) {
	for s, want := range map[string]Release{
		"6.18":                       {V6_18, 15},
		"v6.18.44":                   {V6_18, 44},
		"6.18.44-fc-v445":            {V6_18, 44},
		"6.12.107+deb13-cloud-amd64": {V6_12, 107},
	} {
		got, err := ParseRelease(s)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, s := range []string{"6", "6.18.", "6.18.x", "6.18.70000"} {
		_, err := ParseRelease(s)
		require.Error(t, err, s)
	}
	require.Equal(t, "6.18", V6_18.Recorded().String())
	require.Equal(t, "6.18.44", Release{V6_18, 44}.String())
}

// A backport only takes away from releases before it.
func TestBackports(t *testing.T) {
	for _, b := range backports {
		require.True(t, b.Version.Has(b.Feature), b.Feature.String())
		require.False(t, Release{b.Version, b.Patch - 1}.Has(b.Feature))
		require.True(t, Release{b.Version, b.Patch}.Has(b.Feature))
		require.True(t, b.Version.Newest().Has(b.Feature))
	}
	require.True(t, V7_2.Recorded().Has(FuncAborts))
	require.False(t, V5_10.Newest().Has(FuncAborts))
}
