package target_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
)

func TestParse(t *testing.T) {
	for _, name := range target.Names() {
		v, err := target.Parse(name)
		require.NoError(t, err)
		require.Equal(t, name, v.String())
	}
	_, err := target.Parse("5.15")
	require.ErrorContains(t, err, "kernel 5.15 is not modelled: want one of 5.10, ")
	_, err = target.Parse("new")
	require.ErrorContains(t, err, "want MAJOR.MINOR")
}

func TestEveryTargetHasTypes(t *testing.T) {
	for _, v := range linux.Targets() {
		types, err := target.New(v, linux.CapAll, "").Types()
		require.NoError(t, err)
		require.NotNil(t, types)
	}
}
