// Package kernelbtf has the types and the build configurations of the target
// kernels, so that a program gets the same verdict on a machine that runs
// another kernel or none with BTF. They are those of Debian's cloud kernels,
// and are decoded when first asked for.
package kernelbtf

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
)

// Needs a tool that boots kernels; see the documentation of gen.
//go:generate go run -C ../.. ./internal/kernelbtf/gen

//go:embed data
var data embed.FS

// shipped is what the binary carries of one kernel.
type shipped struct {
	types  func() (*btf.Spec, error)
	config func() (map[string]string, error)
}

var kernels = func() map[linux.Version]shipped {
	m := make(map[linux.Version]shipped)
	for _, v := range linux.Targets() {
		m[v] = shipped{
			types:  sync.OnceValues(func() (*btf.Spec, error) { return unpackTypes(v) }),
			config: sync.OnceValues(func() (map[string]string, error) { return unpackConfig(v) }),
		}
	}
	return m
}()

// ErrUnknownKernel is wrapped by errors about a kernel that is not shipped.
var ErrUnknownKernel = errors.New("no types of this kernel are built in")

// For returns the shipped types of a kernel, always the same value. It may be
// used by several goroutines; nobody may write to its types.
func For(v linux.Version) (*btf.Spec, error) {
	k, ok := kernels[v]
	if !ok {
		return nil, fmt.Errorf("kernel %s: %w", v, ErrUnknownKernel)
	}
	return k.types()
}

// Config returns the value of an option in the shipped configuration of a
// kernel, as in a .config file. A kernel that came without one has that of the
// kernel before.
func Config(v linux.Version, option string) (value string, ok bool) {
	for _, k := range slices.Backward(linux.Targets()) {
		if v.Less(k) {
			continue
		}
		if config, err := kernels[k].config(); err == nil {
			value, ok = config[option]
			return value, ok
		}
	}
	return "", false
}

// Source returns a func that loads the types of the target kernel when first
// called: from file if one is named, else from the running kernel if it is the
// target, else what is shipped.
func Source(file string, v linux.Version) func() (*btf.Spec, error) {
	return sync.OnceValues(func() (*btf.Spec, error) {
		if file != "" {
			return Load(file)
		}
		if running, ok := Running(); ok && running == v {
			if spec, err := btf.LoadKernelSpec(); err == nil {
				return spec, nil
			}
		}
		spec, err := For(v)
		if errors.Is(err, ErrUnknownKernel) {
			err = fmt.Errorf("%w: name a file with them (--btf)", err)
		}
		return spec, err
	})
}

// Running returns the version of the running kernel, false when it is not Linux.
func Running() (linux.Version, bool) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return linux.Version{}, false
	}
	v, err := linux.ParseVersion(strings.TrimSpace(string(release)))
	return v, err == nil
}

func unpackTypes(v linux.Version) (*btf.Spec, error) {
	raw, err := unpack(v, "btf")
	if err != nil {
		return nil, err
	}
	return parse(bytes.NewReader(raw))
}

func unpackConfig(v linux.Version) (map[string]string, error) {
	raw, err := unpack(v, "config")
	if err != nil {
		return nil, err
	}
	options := make(map[string]string)
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			options[name] = value
		}
	}
	return options, nil
}

func unpack(v linux.Version, kind string) ([]byte, error) {
	packed, err := fs.ReadFile(data, "data/"+v.String()+"."+kind+".zst")
	if err != nil {
		return nil, fmt.Errorf("kernel %s: %w", v, ErrUnknownKernel)
	}
	return decompress(packed)
}
