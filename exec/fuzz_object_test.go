package exec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/mutate"
	"github.com/bpflint/bpflint/internal/target"
)

// FuzzObject changes bytes of real objects, in their ELF headers, types and
// instructions alike, and runs what is left of their programs without verifying
// them: none may panic or run on past the budget.
func FuzzObject(f *testing.F) {
	objects, err := mutate.Files("../testdata/objects/*.o")
	require.NoError(f, err)
	for i := range objects {
		f.Add(uint8(i), []byte{}, []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00E"))
	}
	kernel := target.New(linux.DefaultTarget(), linux.CapAll, "")
	f.Fuzz(func(t *testing.T, which uint8, changes, data []byte) {
		image := mutate.Bytes(objects[int(which)%len(objects)], changes)
		spec, err := load.Parse(image)
		if err != nil {
			return
		}
		m := exec.New(exec.Config{CPUs: 2, Budget: 20_000})
		for _, s := range spec.Maps {
			if uint64(s.MaxEntries)*(uint64(s.ValueSize)+uint64(s.KeySize)) > 1<<24 {
				return // takes the memory that it asks for
			}
		}
		for name := range spec.Programs {
			loaded, err := m.LoadSpec(spec, name, kernel)
			if err != nil {
				continue
			}
			// Only the outcome "it returned" is checked; the error is the program's.
			_, _ = loaded.Run(exec.Input{Data: data})
			_, _ = loaded.Run(exec.Input{Ctx: data, CPU: 1})
		}
	})
}
