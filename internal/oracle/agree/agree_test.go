package agree

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
)

func TestClassify(t *testing.T) {
	for _, row := range []struct {
		kernel oracle.Verdict
		ours   analysis.Verdict
		want   Class
	}{
		{oracle.Accept, analysis.VerdictAccept, Agree},
		{oracle.Reject, analysis.VerdictReject, Agree},
		{oracle.Reject, analysis.VerdictAccept, FalseAccept},
		{oracle.Accept, analysis.VerdictReject, FalseReject},
		{oracle.Accept, analysis.VerdictUnsupported, Unsupported},
		{oracle.Reject, analysis.VerdictError, Error},
	} {
		got := classify(&record.Record{Verdict: row.kernel}, &analysis.ProgramResult{Verdict: row.ours})
		require.Equal(t, row.want, got.Class, "%s, ours %s", row.kernel, row.ours)
	}
}

func TestMessage(t *testing.T) {
	rec := &record.Record{Msg: "insns processed 3", Messages: []string{"first", "the reason", "insns processed 3"}}
	require.Equal(t, "the reason", Message(rec))
	require.Equal(t, "only", Message(&record.Record{Msg: "only"}))
	require.Empty(t, Message(&record.Record{}))
}

// An object that cannot be read is an error for each of its programs, and what
// no kernel judged does not count.
func TestRunUnreadable(t *testing.T) {
	report, err := Run(Config{
		Root:   t.TempDir(),
		Target: Target(linux.DefaultTarget().Recorded(), ""),
		Records: []record.Record{
			{Object: "none.o", Program: "a", Type: "xdp", Verdict: oracle.Accept},
			{Object: "none.o", Program: "b", Type: "xdp", Verdict: oracle.Reject},
			{Object: "none.o", Program: "c", Verdict: oracle.Skip},
			{Object: "none.o", Program: "d", Verdict: oracle.Reject, Notes: []string{"environment: no such option"}},
		},
	})
	require.NoError(t, err)
	require.Equal(t, Tally{Programs: 2, Error: 2}, report.Total())
}

func TestTable(t *testing.T) {
	report := &Report{Kernel: "6.18", Cases: []Case{
		classify(&record.Record{Type: "xdp", Verdict: oracle.Accept, Processed: 10},
			&analysis.ProgramResult{Verdict: analysis.VerdictAccept, Stats: analysis.Stats{ProcessedInsns: 15}}),
		classify(&record.Record{Object: "o", Program: "p", Type: "tracing", Verdict: oracle.Reject, Msg: "R1 bad", ErrInsn: 3},
			&analysis.ProgramResult{Verdict: analysis.VerdictReject, Message: "R1 bad", Insn: 4}),
	}}
	var out strings.Builder
	require.NoError(t, report.WriteTable(&out))
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, []string{"tracing", "1", "1", "0", "0", "0", "0", "1/1", "0/1", "-"}, strings.Fields(lines[1]))
	require.Equal(t, []string{"xdp", "1", "1", "0", "0", "0", "0", "0/0", "0/0", "1.50"}, strings.Fields(lines[2]))
	require.Equal(t, []string{"all", "2", "2", "0", "0", "0", "0", "1/1", "0/1", "1.50"}, strings.Fields(lines[3]))

	out.Reset()
	require.NoError(t, report.WriteCases(&out, Agree))
	require.Contains(t, out.String(), `kernel 6.18: reject "R1 bad" at 3`)
	require.Equal(t, 1, strings.Count(out.String(), "agree: "), "what is the same is not listed")
}
