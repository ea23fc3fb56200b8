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

	view "github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// Needs a tool that boots kernels; see the documentation of gen.
//go:generate go run -C ../.. ./internal/kernelbtf/gen

//go:embed data
var data embed.FS

// shipped is what the binary carries of one kernel.
type shipped struct {
	raw    func() ([]byte, error)
	types  func() (*btf.Spec, error)
	view   func() (*view.Types, error)
	config func() (map[string]string, error)
}

var kernels = func() map[linux.Version]shipped {
	m := make(map[linux.Version]shipped)
	for _, v := range linux.Targets() {
		raw := sync.OnceValues(func() ([]byte, error) { return unpack(v, "btf") })
		m[v] = shipped{
			raw:    raw,
			types:  sync.OnceValues(func() (*btf.Spec, error) { return parseTypes(raw, "") }),
			view:   sync.OnceValues(func() (*view.Types, error) { return openView(raw, "") }),
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

// Raw returns the BTF blob of a kernel's shipped types. Nobody may write to it.
func Raw(v linux.Version) ([]byte, error) {
	k, ok := kernels[v]
	if !ok {
		return nil, fmt.Errorf("kernel %s: %w", v, ErrUnknownKernel)
	}
	return k.raw()
}

// View is For for queries that need no tree of types.
func View(v linux.Version) (*view.Types, error) {
	k, ok := kernels[v]
	if !ok {
		return nil, fmt.Errorf("kernel %s: %w", v, ErrUnknownKernel)
	}
	return k.view()
}

func openView(raw func() ([]byte, error), file string) (*view.Types, error) {
	blob, err := raw()
	if err != nil {
		return nil, err
	}
	types, err := view.Open(blob)
	return types, inFile(file, err)
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

// Source returns funcs that load the types of the target kernel when first
// called, and a view of them: from file if one is named, else from the running
// kernel if it is the target, else what is shipped.
func Source(file string, v linux.Version) (types func() (*btf.Spec, error), views func() (*view.Types, error)) {
	blob := sync.OnceValues(func() ([]byte, error) {
		if file != "" {
			return loadRaw(file)
		}
		if running, ok := Running(); ok && running == v {
			if raw, err := os.ReadFile(runningTypes); err == nil {
				return raw, nil
			}
		}
		raw, err := Raw(v)
		if errors.Is(err, ErrUnknownKernel) {
			err = fmt.Errorf("%w: name a file with them (--btf)", err)
		}
		return raw, err
	})
	types = sync.OnceValues(func() (*btf.Spec, error) { return parseTypes(blob, file) })
	views = sync.OnceValues(func() (*view.Types, error) { return openView(blob, file) })
	return types, views
}

// runningTypes is where a kernel shows its own types.
const runningTypes = "/sys/kernel/btf/vmlinux"

// RunningView returns a view of the types of the running kernel.
func RunningView() (*view.Types, error) {
	return openView(func() ([]byte, error) { return os.ReadFile(runningTypes) }, "")
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

func parseTypes(raw func() ([]byte, error), file string) (*btf.Spec, error) {
	blob, err := raw()
	if err != nil {
		return nil, err
	}
	types, err := parse(bytes.NewReader(blob))
	return types, inFile(file, err)
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
