package helper_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/internal/linux"
)

// TestDocument holds the list of docs/SIMULATED.md of what is not simulated
// against the table.
func TestDocument(t *testing.T) {
	const last = 211
	text, err := os.ReadFile("../../docs/SIMULATED.md")
	require.NoError(t, err)
	section := regexp.MustCompile(`(?s)\n## Helpers that are not simulated\n(.*?)\n## `).FindSubmatch(text)
	require.NotNil(t, section)
	var listed, missing []string
	for _, m := range regexp.MustCompile("`(bpf_[a-z0-9_]+)`").FindAllSubmatch(section[1], -1) {
		listed = append(listed, string(m[1]))
	}
	for id := int32(1); id <= last; id++ {
		if !helper.Simulated(id) {
			missing = append(missing, linux.For(linux.DefaultTarget()).HelperName(uint32(id)))
		}
	}
	slices.Sort(missing)
	require.Equal(t, missing, listed, "in the order of their names")
}
