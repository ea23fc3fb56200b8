package load_test

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/load"
)

// GCC before 13 writes .BTF.ext without functions and lines, and its tables have
// no size of records either. The program is the same, and so are its
// relocations.
func TestEmptyTables(t *testing.T) {
	for _, name := range []string{"modern-el.o", "modern-eb.o"} {
		t.Run(name, func(t *testing.T) {
			image, err := os.ReadFile(filepath.Join("testdata", name))
			require.NoError(t, err)
			f, err := elf.NewFile(bytes.NewReader(image))
			require.NoError(t, err)
			full, err := load.Parse(image)
			require.NoError(t, err)

			header := image[f.Section(".BTF.ext").Offset:]
			for _, at := range []int{8, 12, 16, 20} { // offsets and lengths of functions and lines
				f.ByteOrder.PutUint32(header[at:], 0)
			}
			empty, err := load.Parse(image)
			require.NoError(t, err)

			require.Len(t, empty.Programs, len(full.Programs))
			for name, p := range full.Programs {
				e := empty.Programs[name]
				require.Len(t, e.Instructions, len(p.Instructions))
				require.NotNil(t, btf.FuncMetadata(&p.Instructions[0]))
				require.Nil(t, btf.FuncMetadata(&e.Instructions[0]))
				for i := range p.Instructions {
					require.Equal(t, btf.CORERelocationMetadata(&p.Instructions[i]) != nil,
						btf.CORERelocationMetadata(&e.Instructions[i]) != nil, "%s %d", name, i)
				}
			}
		})
	}
}
