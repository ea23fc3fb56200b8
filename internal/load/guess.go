package load

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/prog"
)

// typesByName are words in the names of files that tell a program's type.
var typesByName = []struct {
	word string
	typ  ebpf.ProgramType
}{
	{"xdp", ebpf.XDP},
	{"tc", ebpf.SchedCLS},
}

// guessTypes uses the file's name where neither a section's name nor the type
// of a program's argument tells the type. Objects for iproute2 have sections
// such as 2/1 and are told apart by what they are called.
func guessTypes(spec *ebpf.CollectionSpec, path string) {
	words := strings.FieldsFunc(strings.ToLower(filepath.Base(path)), func(c rune) bool { return c < 'a' || c > 'z' })
	for _, hint := range typesByName {
		if !slices.Contains(words, hint.word) {
			continue
		}
		for _, ps := range spec.Programs {
			if ps.Type != ebpf.UnspecifiedProgram {
				continue
			}
			if _, _, ok := prog.GuessType(ps); !ok {
				ps.Type = hint.typ
			}
		}
	}
}
