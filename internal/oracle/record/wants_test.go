package record_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/agree"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/upward"
	"github.com/bpflint/bpflint/prog"
)

// A want is an expectation in a source:
//
//	// want "R0 !read_ok"            the kernel rejects here, with this message
//	// want program "..."            it rejects, no matter where
//	// want 5.10 6.1 "..."           those kernels do, instead of the default one
type want struct {
	line    int
	program bool
	message string
	met     bool
}

var wantPattern = regexp.MustCompile(`(?://|#) want ([a-z0-9. ]*)"(.*)"\s*$`)

// wants returns the expectations of a source about one kernel.
func wants(t *testing.T, path string, kernel linux.Version) (list []*want) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i, line := range strings.Split(string(text), "\n") {
		m := wantPattern.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		w := &want{line: i + 1, message: m[2]}
		kernels := map[string]bool{}
		for _, word := range strings.Fields(m[1]) {
			if word == "program" {
				w.program = true
			} else {
				kernels[word] = true
			}
		}
		if len(kernels) == 0 {
			kernels[linux.DefaultTarget().String()] = true
		}
		if kernels[kernel.String()] {
			list = append(list, w)
		}
	}
	return list
}

// TestWants checks that every program of testdata that the default target
// rejects has an expectation beside the line at fault, and that every
// expectation is met.
func TestWants(t *testing.T) {
	data, ok := upward.Find("testdata/src")
	require.True(t, ok)
	data = filepath.Dir(data)
	for _, kernel := range linux.Targets() {
		records, err := record.ReadFile(filepath.Join(data, "verdicts", kernel.String()+".jsonl"))
		if errors.Is(err, fs.ErrNotExist) && kernel != linux.DefaultTarget() {
			t.Logf("Linux %s: no verdicts are recorded", kernel)
			continue
		}
		require.NoError(t, err)
		checkWants(t, data, kernel, records)
	}
}

func checkWants(t *testing.T, data string, kernel linux.Version, records []record.Record) {
	byObject := make(map[string][]*record.Record)
	for i := range records {
		byObject[records[i].Object] = append(byObject[records[i].Object], &records[i])
	}
	sources, err := filepath.Glob(filepath.Join(data, "src", "*.bpf.*"))
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, source := range sources {
		name := filepath.Base(source)
		list := wants(t, source, kernel)
		object := strings.TrimSuffix(name, filepath.Ext(name)) + ".o"
		if len(byObject[object]) == 0 {
			t.Errorf("Linux %s: %s has no records: run make -C testdata and record them", kernel, object)
		}
		for _, rec := range byObject[object] {
			// The sources say everything of the default target only.
			if rec.Verdict == oracle.Reject && !meet(t, data, kernel, rec, list) && kernel == linux.DefaultTarget() {
				t.Errorf("%s:%d: Linux %s rejects %s, nobody wanted it: %s", name, lineOf(t, data, kernel, rec), kernel, rec.Program, rec.Msg)
			}
		}
		for _, w := range list {
			if !w.met {
				t.Errorf("%s:%d: Linux %s gives no message %q", name, w.line, kernel, w.message)
			}
		}
	}
}

// meet finds the expectation that a rejected program fulfils.
func meet(t *testing.T, data string, kernel linux.Version, rec *record.Record, list []*want) bool {
	if len(list) == 0 {
		return false
	}
	line := lineOf(t, data, kernel, rec)
	// The one at the line comes first, then one that no other program has met.
	var found *want
	for _, w := range list {
		if !strings.Contains(rec.Msg, w.message) {
			continue
		}
		if !w.program && w.line == line {
			found = w
			break
		}
		if w.program && (found == nil || !w.met) {
			found = w
		}
	}
	if found == nil {
		return false
	}
	found.met = true
	return true
}

// lineOf returns the line of the instruction at which a kernel gave up, 0 when
// that is not known.
func lineOf(t *testing.T, data string, kernel linux.Version, rec *record.Record) int {
	if rec.ErrInsn < 0 {
		return 0
	}
	image, err := os.ReadFile(filepath.Join(data, "objects", rec.Object))
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	p, err := prog.Link(spec, rec.Program, agree.Target(kernel.Recorded(), ""))
	require.NoError(t, err, fmt.Sprint(rec.Key()))
	if line := p.LineAt(rec.ErrInsn); line != nil {
		return line.Line
	}
	return 0
}
