// Package corpus gives tests the linked programs of real objects: those of
// testdata, and those of the shared corpus where that is present.
package corpus

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

// Objects calls f with every object that loads: those of testdata always, those
// of the shared corpus unless the test is to be short.
func Objects(t testing.TB, f func(path string, spec *ebpf.CollectionSpec)) {
	t.Helper()
	own, ok := upward.Find("testdata/objects")
	if !ok {
		t.Fatal("no folder testdata/objects here or above")
	}
	paths, _ := filepath.Glob(filepath.Join(own, "*.o"))
	if shared, ok := upward.Find("shared/corpus/objects"); ok && !testing.Short() {
		more, _ := filepath.Glob(filepath.Join(shared, "*", "*.o"))
		paths = append(paths, more...)
	}
	for _, path := range paths {
		if spec := parse(path); spec != nil {
			f(path, spec)
		}
	}
}

// parse returns the first object of a file, nil where there is none to be read.
func parse(path string) *ebpf.CollectionSpec {
	for object := range load.Find([]string{path}, load.Options{}) {
		return object.Spec
	}
	return nil
}

// Target returns a kernel with all capabilities.
func Target(v linux.Version) *prog.Target { return target.New(v, linux.CapAll, "") }

var linked = sync.OnceValue(func() map[string][]*prog.Program { return map[string][]*prog.Program{} })

// Programs returns all programs that can be linked for a kernel and have a
// graph. They are linked once in a process, and must not be changed.
func Programs(t testing.TB, v linux.Version) []*prog.Program {
	t.Helper()
	cache := linked()
	if out, ok := cache[v.String()]; ok {
		return out
	}
	var out []*prog.Program
	to := Target(v)
	Objects(t, func(_ string, spec *ebpf.CollectionSpec) {
		for name := range spec.Programs {
			if p, err := prog.Link(spec, name, to); err == nil && precheck.Check(p) == nil {
				out = append(out, p)
			}
		}
	})
	if len(out) == 0 {
		t.Fatal("no program can be linked")
	}
	cache[v.String()] = out
	return out
}

// Verdict is what a kernel recorded of a program of the shared corpus.
type Verdict struct {
	Object, Program, Verdict, Errno, Msg string
	ErrInsn                              int    `json:"err_insn"`
	ProgType                             uint32 `json:"prog_type"`
	AttachType                           uint32 `json:"attach_type"`
	StackDepth                           string `json:"stack_depth"`
}

// Verdicts calls f with every judged program of the shared corpus; it skips the
// test where there is none.
func Verdicts(t testing.TB, v linux.Version, f func(Verdict, *prog.Program)) {
	t.Helper()
	shared, ok := upward.Find("shared/corpus")
	if !ok {
		t.Skip("no shared corpus above the repository")
	}
	file, err := os.Open(filepath.Join(shared, "verdicts", v.String()+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	specs := map[string]*ebpf.CollectionSpec{}
	to := Target(v)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var row Verdict
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Verdict == "skip" {
			continue
		}
		spec, ok := specs[row.Object]
		if !ok {
			spec = parse(filepath.Join(shared, "objects", row.Object))
			specs[row.Object] = spec
		}
		if spec == nil || spec.Programs[row.Program] == nil {
			continue
		}
		ps := spec.Programs[row.Program]
		ps.Type, ps.AttachType = ebpf.ProgramType(row.ProgType), ebpf.AttachType(row.AttachType)
		if p, err := prog.Link(spec, row.Program, to); err == nil {
			f(row, p)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
