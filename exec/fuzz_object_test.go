package exec_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
)

// FuzzObject changes bytes of real objects, in their ELF headers, types and
// instructions alike, and runs what is left of their programs without verifying
// them: none may panic or run on past the budget.
func FuzzObject(f *testing.F) {
	paths, err := filepath.Glob("../testdata/objects/*.o")
	require.NoError(f, err)
	var objects [][]byte
	for _, path := range paths {
		image, err := os.ReadFile(path)
		require.NoError(f, err)
		objects = append(objects, image)
		f.Add(uint8(len(objects)-1), []byte{}, []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00E"))
	}
	kernel := target.New(linux.DefaultTarget(), linux.CapAll, "")
	f.Fuzz(func(t *testing.T, which uint8, changes, data []byte) {
		image := changed(objects[int(which)%len(objects)], changes)
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

// changed returns an image with changes of 5 bytes: where, as a fraction of the
// length, how, and a value.
func changed(image, changes []byte) []byte {
	out := append([]byte(nil), image...)
	for ; len(changes) >= 5; changes = changes[5:] {
		at := (int(changes[0])<<16 | int(changes[1])<<8 | int(changes[2])) * len(out) >> 24
		switch v := changes[4]; changes[3] % 4 {
		case 0:
			out[at] = v
		case 1:
			out[at] ^= 1 << (v & 7)
		case 2:
			out[at] += v
		default: // an instruction's worth of bytes from elsewhere
			from := (int(v) * len(out)) >> 8 &^ 7
			at &^= 7
			copy(out[at:min(at+8, len(out))], out[from:min(from+8, len(out))])
		}
	}
	return out
}
