package load_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/mutate"
)

func seeds(f *testing.F) [][]byte {
	images, err := mutate.Files("testdata/*.o")
	require.NoError(f, err)
	return images
}

// FuzzParse loads an image and links all its programs: no input may panic.
func FuzzParse(f *testing.F) {
	for _, image := range seeds(f) {
		f.Add(image)
	}
	tgt := smallTarget(f)
	f.Fuzz(func(t *testing.T, image []byte) { check(t, tgt, image) })
}

// FuzzFind looks for objects in a file of any kind.
func FuzzFind(f *testing.F) {
	images := seeds(f)
	f.Add(executable(images[0], images[1]))
	f.Add(archive(map[string][]byte{"x.o/": images[2]}, "x.o/"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for obj := range load.Find([]string{"-"}, load.Options{Stdin: bytes.NewReader(content)}) {
			require.Equal(t, "-", obj.Path)
			require.Equal(t, obj.Err == nil, obj.Spec != nil)
		}
	})
}
