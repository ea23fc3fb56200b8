package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/analysis/report"
)

var update = flag.Bool("update", false, "write the golden files")

var rules = []analysis.Rule{
	{ID: "proof/rejected", Severity: analysis.Reject, Title: "the verifier refuses the program", Doc: "What **it** says."},
	{ID: "proof/unsupported", Severity: analysis.Unsupported, Title: "not modelled", Doc: "Not yet."},
	{ID: "lint/deprecated", Severity: analysis.Warning, Title: "a deprecated helper", Doc: "Use another."},
	{ID: "lint/license", Severity: analysis.Info, Title: "no licence", Doc: "Add one."},
}

var suite = []*analysis.Analyzer{
	{Name: "proof", Doc: "explore", URL: "https://example.org/proof", Diagnostics: rules[:2]},
	{Name: "lint", Doc: "look", Diagnostics: rules[2:]},
}

func finding(rule int, insn int, pos analysis.Position, message string) analysis.Finding {
	return analysis.Finding{
		Diagnostic: analysis.Diagnostic{ID: rules[rule].ID, Severity: rules[rule].Severity, Insn: insn, Message: message},
		Analyzer:   strings.Split(rules[rule].ID, "/")[0], Rule: &rules[rule], Pos: pos,
	}
}

// sample is a result with something of everything.
func sample(kernel string) *analysis.Result {
	deref := analysis.Position{File: "here.bpf.c", Line: 4, Column: 38, Text: "\tint *größe = lookup(ctx); return *größe;"}
	rejected := finding(0, 9, deref, "größe may be NULL here")
	rejected.Kernel, rejected.Errno = "R0 invalid mem access 'map_value_or_null'", "EACCES"
	rejected.Hint = "test the pointer before it is used: if (!größe) return 0;"
	rejected.Asm = "(61) r0 = *(u32 *)(r0 +0)"
	lookup := deref
	lookup.Column = 17
	rejected.Related = []analysis.RelatedFinding{
		{Related: analysis.Related{Insn: 7, Message: "R0 gets its value here"}, Pos: lookup, Asm: "(85) call bpf_map_lookup_elem#1"},
		{Related: analysis.Related{Insn: -1, Message: "the map is \"m\""}},
	}
	deprecated := finding(2, 3, analysis.Position{File: "/gone/away.c", Line: 12345, Column: 3, Text: "  \x1b[31mprobe_read(%d, a:b)"}, "bpf_probe_read is deprecated")
	unknownColumn := finding(1, 2, analysis.Position{File: "./dir/other.c", Line: 7, Text: "	spin();"}, "arenas")
	unlicensed := finding(3, -1, analysis.Position{}, "no licence; \"GPL\" is assumed")
	stats := analysis.Stats{
		Insns: 11, ProcessedInsns: 10, TotalStates: 3, PeakStates: 2, MaxStatesPerInsn: 1, StackDepth: 16, VerificationNanos: 1234,
	}
	return &analysis.Result{Kernel: kernel, Objects: []*analysis.ObjectResult{
		{Path: "testdata/a.bpf.o", Programs: []*analysis.ProgramResult{
			{Name: "fine", Section: "tc", Type: ebpf.SchedCLS, Verdict: analysis.VerdictAccept, Insn: -1, Stats: stats},
			{
				Name: "lookup", Section: "fentry/vfs_open", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "vfs_open",
				Verdict: analysis.VerdictReject, Message: rejected.Kernel, Errno: "EACCES", Insn: 9, Pos: deref, Stats: stats,
				Findings: []analysis.Finding{rejected, deprecated, unlicensed}, Suppressed: 1,
			},
			{
				Name: "new", Section: "cgroup_skb/ingress", Type: ebpf.CGroupSKB, Verdict: analysis.VerdictUnsupported,
				Message: "unsupported: arenas", Insn: 2, Pos: unknownColumn.Pos, Findings: []analysis.Finding{unknownColumn},
			},
			{Name: "odd", Verdict: analysis.VerdictError, Message: "no such map:\n  stack of a panic", Insn: -1},
		}},
		{Path: "dir/broken:1,2.o", Err: errors.New("dir/broken:1,2.o: section .BTF, offset 0x18: unexpected EOF")},
	}}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestGolden(t *testing.T) {
	one := []*analysis.Result{sample("6.18")}
	older := sample("5.10")
	lookup := older.Objects[0].Programs[1]
	lookup.Findings[0].Kernel = "R0 invalid mem access 'map_value_or_null' (old words)"
	lookup.Message = lookup.Findings[0].Kernel
	two := []*analysis.Result{older, one[0]}

	for _, tt := range []struct {
		file    string
		format  string
		results []*analysis.Result
		options report.Options
	}{
		{"text.golden", "text", one, report.Options{}},
		{"text-color.golden", "text", one, report.Options{Color: true}},
		{"text-quiet.golden", "text", one, report.Options{Quiet: true}},
		{"text-kernels.golden", "text", two, report.Options{}},
		{"text-nothing.golden", "text", []*analysis.Result{{Kernel: "6.18"}}, report.Options{}},
		{"report.golden.json", "json", one, report.Options{}},
		{"report-kernels.golden.json", "json", two, report.Options{}},
		{"report-nothing.golden.json", "json", []*analysis.Result{{Kernel: "6.18"}}, report.Options{}},
		{"report.golden.sarif", "sarif", two, report.Options{}},
		{"github.golden", "github", two, report.Options{}},
		{"report.golden.html", "html", two, report.Options{}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			render, err := report.ByName(tt.format)
			require.NoError(t, err)
			tt.options.Tool = report.Tool{Name: "bpflint", Version: "v1.2.3"}
			tt.options.Suite = suite
			var buf bytes.Buffer
			require.NoError(t, render(&buf, tt.results, tt.options))
			golden(t, tt.file, buf.String())
			if tt.format == "json" || tt.format == "sarif" {
				require.True(t, json.Valid(buf.Bytes()))
			}
		})
	}
}

// The keys of the document are a promise; the issue tracker has the same list.
func TestJSONKeys(t *testing.T) {
	var buf bytes.Buffer
	require.NoError(t, report.JSON(&buf, []*analysis.Result{sample("6.18")}, report.Options{}))
	var doc map[string]any
	require.NoError(t, json.Unmarshal(buf.Bytes(), &doc))
	keys := func(v any) []string {
		var out []string
		for k := range v.(map[string]any) {
			out = append(out, k)
		}
		return out
	}
	require.ElementsMatch(t, []string{"version", "tool", "kernel", "objects"}, keys(doc))
	require.ElementsMatch(t, []string{"name", "version"}, keys(doc["tool"]))
	object := doc["objects"].([]any)[0].(map[string]any)
	require.ElementsMatch(t, []string{"path", "error", "programs"}, keys(object))
	program := object["programs"].([]any)[1].(map[string]any)
	require.ElementsMatch(t, []string{
		"name", "section", "type", "attach_type", "attach_to", "verdict", "message", "errno", "insn",
		"file", "line", "column", "stats", "diagnostics",
	}, keys(program))
	require.ElementsMatch(t, []string{
		"insns", "processed_insns", "total_states", "peak_states", "max_states_per_insn", "stack_depth", "verification_ns",
	}, keys(program["stats"]))
}

func TestNothingFromAnObjectReachesTheTerminalRaw(t *testing.T) {
	r := sample("6.18")
	evil := "\x1b]0;title\x07\u202e"
	for _, p := range r.Objects[0].Programs {
		p.Name += evil
		p.Message += evil
		for i := range p.Findings {
			f := &p.Findings[i]
			f.Message += evil
			f.Kernel += evil
			f.Hint += evil
			f.Asm += evil
			f.Pos.File += evil
			f.Pos.Text += evil
		}
	}
	var buf bytes.Buffer
	require.NoError(t, report.Text(&buf, []*analysis.Result{r}, report.Options{}))
	require.NotContains(t, buf.String(), "\x1b")
	require.NotContains(t, buf.String(), "\u202e")
}

func TestUnknownFormat(t *testing.T) {
	_, err := report.ByName("xml")
	require.ErrorContains(t, err, "want one of text, json, sarif, github, html")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReported(t *testing.T) {
	for _, name := range report.Formats() {
		render, err := report.ByName(name)
		require.NoError(t, err)
		require.ErrorContains(t, render(failing{}, []*analysis.Result{sample("6.18")}, report.Options{}), "disk full", name)
	}
}

func TestNames(t *testing.T) {
	require.Equal(t, "sched_cls", report.TypeName(ebpf.SchedCLS))
	require.Equal(t, "netfilter", report.TypeName(ebpf.Netfilter))
	require.Equal(t, "prog_type_99", report.TypeName(99))
	require.Equal(t, "", report.AttachName(ebpf.XDP, 0))
	require.Equal(t, "cgroup_inet_ingress", report.AttachName(ebpf.CGroupSKB, 0))
	require.Equal(t, "trace_fentry", report.AttachName(ebpf.Tracing, ebpf.AttachTraceFEntry))
	require.Equal(t, "trace_uprobe_session", report.AttachName(ebpf.Kprobe, 57))
	require.Equal(t, "attach_type_999", report.AttachName(ebpf.Kprobe, 999))
}

func TestTimings(t *testing.T) {
	r := &analysis.Result{Kernel: "6.18", Timings: analysis.Timings{
		{Step: "link", Runs: 2, Total: 1234567, Max: 999999, MaxOf: "a.o: p\x1b"},
		{Step: "graph"},
	}}
	var buf bytes.Buffer
	require.NoError(t, report.Timings(&buf, []*analysis.Result{r}))
	require.Equal(t, ""+
		"  Linux 6.18  runs   total   mean  longest\n"+
		"        link     2  1.23ms  617µs      1ms a.o: p\ufffd\n", buf.String())
}
