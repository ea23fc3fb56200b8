package blob

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Blobs are made of seeds alone, and shrink as long as what matters stays.
func TestMakeAndShrink(t *testing.T) {
	any := func([]byte) bool { return true }
	real, err := Real("../../../testdata/objects", 16<<10)
	require.NoError(t, err)
	require.NotEmpty(t, real)
	for seed := range uint64(2000) {
		b := Make(seed, real, any)
		require.Equal(t, b.Bytes(), Make(seed, real, any).Bytes())
	}
	for _, b := range real[:5] {
		again, ok := Parse(b.Bytes())
		require.True(t, ok)
		require.Equal(t, b.Records, again.Records)
		small := Shrink(b, func(c Blob) bool { return len(c.Records) >= 3 })
		require.Len(t, small.Records, 3)
	}
}
