package scenario_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/scenario"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

var update = flag.Bool("update", false, "record the reports")

// bare is a kernel of which nothing is known.
var bare = &prog.Target{}

// play runs a scenario with the programs of an object.
func play(t *testing.T, object string, file *scenario.File, to *prog.Target) (*exec.Machine, *scenario.Report, error) {
	image, err := os.ReadFile(object)
	require.NoError(t, err)
	spec, err := load.Parse(image)
	require.NoError(t, err)
	w := scenario.New(file)
	m := exec.New(w.Config(exec.Config{}))
	require.NoError(t, m.LoadAll(spec, to))
	report, err := w.Run(m)
	return m, report, err
}

// TestReports plays each scenario beside its object, twice: the reports are
// the same and as recorded.
func TestReports(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	to := target.New(linux.V6_18, linux.CapAll, "")
	to.Extensions = linux.ExtGtrace
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			base := strings.TrimSuffix(path, ".yaml")
			var reports []string
			for range 2 {
				f, err := scenario.Parse(path, text)
				require.NoError(t, err)
				_, report, err := play(t, base+".bpf.o", f, to)
				require.NoError(t, err)
				var b bytes.Buffer
				require.NoError(t, report.Print(&b))
				reports = append(reports, b.String())
			}
			require.Equal(t, reports[0], reports[1])
			if *update {
				require.NoError(t, os.WriteFile(base+".txt", []byte(reports[0]), 0o644))
			}
			want, err := os.ReadFile(base + ".txt")
			require.NoError(t, err)
			require.Equal(t, string(want), reports[0])
		})
	}
}

// TestProbeRead looks at what the programs read: text up to its end, and zeros
// with an error where there is no memory.
func TestProbeRead(t *testing.T) {
	text, err := os.ReadFile("testdata/probes.yaml")
	require.NoError(t, err)
	f, err := scenario.Parse("probes.yaml", text)
	require.NoError(t, err)
	m, report, err := play(t, "testdata/probes.bpf.o", f, bare)
	require.NoError(t, err)
	bss, err := m.Map(".bss").Lookup(make([]byte, 4))
	require.NoError(t, err)
	require.Contains(t, string(bss), "\xf2\xff\xff\xff\xff\xff\xff\xff", "-EFAULT")
	require.NotContains(t, string(bss), "\x07", "the buffer is zeroed")
	require.Equal(t, map[string]int{"again": 1}, report.Missed)
}

// TestErrors holds messages about wrong files to the line that they name.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"version: 2\nevents: [{call: f}]", "x.yaml:1: version 2: want version: 1"},
		{"version: 1", "x.yaml:1: there are no events"},
		{"version: 1\nevent: []", `x.yaml: line 2: no key "event" here`},
		{"version: 1\nevents:\n - {calls: f}", `line 3: no key "calls" here`},
		{"version: 1\nevents:\n - {call: f}", `x.yaml:3: "f" is not among the functions`},
		{"version: 1\nevents:\n - {call: f, program: g}", "x.yaml:3: an event is one of"},
		{"version: 1\nevents:\n - {advance: soon}", `line 3: "soon" is no duration`},
		{"version: 1\nevents:\n - {program: p, data: xyz}", "line 3: want hex digits"},
		{"version: 1\nfunctions:\n  f: {calls: [f]}\nevents:\n - {call: f}", "x.yaml:3: function f calls itself"},
		{"version: 1\nfunctions:\n  f: {calls: [g]}\nevents:\n - {call: f}", `x.yaml:3: function f calls "g", which is not`},
		{"version: 1\nmemory:\n - {name: a, text: x, hex: 00}\nevents:\n - {advance: 1s}", "x.yaml:3: memory is given by one of"},
		{"version: 1\narch: mips\nevents:\n - {advance: 1s}", `arch "mips": want x86_64 or arm64`},
		{"version: 1\nhelpers:\n  bpf_x: {writes: {r9: 1}}\nevents:\n - {advance: 1s}", `x.yaml:3: helper bpf_x writes to "r9"`},
	} {
		_, err := scenario.Parse("x.yaml", []byte(c.text))
		require.ErrorContains(t, err, c.want, c.text)
	}
}

// TestFailures holds messages about events to the line that they name.
func TestFailures(t *testing.T) {
	for _, c := range []struct{ events, want string }{
		{"- {program: nothing}", `x.yaml:2: there is no program "nothing"`},
		{"- {program: drop, task: nobody}", `x.yaml:2: there is no task "nobody"`},
		{"- {raw_tracepoint: sched_switch, args: [$a]}", "x.yaml:2: there is no $a"},
		{"- {raw_tracepoint: nothing, args: [1]}", "x.yaml:2: no program is attached to nothing"},
		{"- {raw_tracepoint: sched_switch, args: [1, -3], expect: {return: 1}}",
			"x.yaml:2: raw tracepoint sched_switch returned -EINTR, expected 1"},
		{"- {raw_tracepoint: sched_switch, args: [1]}", "x.yaml:2: switched: the context has 8 bytes, the program may access 16"},
		{"- {program: path, regs: {rax: 1}}", `x.yaml:2: there is no register "rax"`},
		{"- {program: switched, struct: task_struct}", "x.yaml:2: type task_struct: the kernel's types are not known"},
		{"- {program: drop, data: 00}", "x.yaml:2: drop: a packet needs at least 14 bytes"},
	} {
		f, err := scenario.Parse("x.yaml", []byte("events:\n"+c.events+"\nversion: 1"))
		require.NoError(t, err)
		_, _, err = play(t, "testdata/probes.bpf.o", f, bare)
		require.ErrorContains(t, err, c.want)
	}
}

// TestNotInjectable refuses to set the result of a function that did not opt
// in.
func TestNotInjectable(t *testing.T) {
	f, err := scenario.Parse("x.yaml", []byte(`version: 1
task: {pid: 42}
functions:
  should_failslab: {}
maps:
  .bss: [{key: 0, value: {victim: 42}}]
events:
  - {call: should_failslab}`))
	require.NoError(t, err)
	_, _, err = play(t, "testdata/inject.bpf.o", f, bare)
	require.ErrorContains(t, err, "x.yaml:4: program inject sets the result of should_failslab, which did not opt in")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(f, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = scenario.Parse("x.yaml", text) // must not panic
	})
}

// TestDocument keeps the examples of docs/SCENARIO.md in step with the files
// that TestReports plays.
func TestDocument(t *testing.T) {
	doc, err := os.ReadFile("../../docs/SCENARIO.md")
	require.NoError(t, err)
	for _, name := range []string{"inject", "probes"} {
		for _, ext := range []string{".yaml", ".txt"} {
			text, err := os.ReadFile("testdata/" + name + ext)
			require.NoError(t, err)
			require.Contains(t, string(doc), string(text))
		}
	}
}
