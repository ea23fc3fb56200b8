package record

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/load"
)

// LoadedFor returns the programs that the extensions of an object replace
// functions of: by convention those of X_target.bpf.o for X.bpf.o. It returns
// nil when there is no such file.
func LoadedFor(path string) (*ebpf.CollectionSpec, error) {
	const suffix = ".bpf.o"
	name, ok := strings.CutSuffix(path, suffix)
	if !ok {
		return nil, nil
	}
	image, err := os.ReadFile(name + "_target" + suffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return load.Parse(image)
}
