package record_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/upward"
)

// varying are programs whose verdict changed within a stable series, or depends
// on how a kernel is built.
var varying = map[record.Key]string{
	{Object: "inner_sizes.bpf.o", Program: "unchecked"}:                      "6.18.44 knows that inner maps may be of any size, 6.18.15 does not",
	{Object: "iter_buffers.bpf.o", Program: "unchecked"}:                     "6.18.44 wants null checks of buffers, 6.18.15 does not",
	{Object: "kfunc_contexts.bpf.o", Program: "crashes"}:                     "needs CONFIG_KEXEC",
	{Object: "kfunc_contexts.bpf.o", Program: "crashes_from_afar"}:           "needs CONFIG_KEXEC",
	{Object: "object_protection.bpf.o", Program: "write_after_section"}:      "6.18.44 refuses writes through untrusted pointers before all else",
	{Object: "object_protection.bpf.o", Program: "write_node_after_section"}: "6.18.44 refuses writes through untrusted pointers, 6.18.15 does not",
	{Object: "struct_ops_arguments.bpf.o", Program: "drops"}:                 "needs CONFIG_NET_SCH_BPF",
	{Object: "struct_ops_arguments.bpf.o", Program: "loses"}:                 "needs CONFIG_NET_SCH_BPF",
	{Object: "struct_ops_arguments.bpf.o", Program: "uses_after_drop"}:       "needs CONFIG_NET_SCH_BPF",
	{Object: "tc_scratch_map.bpf.o", Program: "copy"}:                        "6.18.44 derives bounds from 32-bit additions, 6.18.15 does not",
	{Object: "untrusted_writes.bpf.o", Program: "grow"}:                      "6.18.44 refuses writes through untrusted pointers, 6.18.15 does not",
}

// TestRecordedLive asks the running kernel again for what was recorded of
// another build of its version.
func TestRecordedLive(t *testing.T) {
	k, err := oracle.Open()
	if errors.Is(err, oracle.ErrNoKernel) {
		t.Skip(err)
	}
	require.NoError(t, err)
	objects, ok := upward.Find("testdata/objects")
	require.True(t, ok)
	recorded, err := record.ReadFile(filepath.Join(filepath.Dir(objects), "verdicts", k.Version().String()+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("nothing is recorded of Linux %s", k.Version())
	}
	require.NoError(t, err)
	live := record.Index(askAll(t, k, objects))
	judged := 0
	for i := range recorded {
		want := &recorded[i]
		have := live[want.Key()]
		require.NotNil(t, have, "%v: record the verdicts again", want.Key())
		if want.Verdict == oracle.Skip || have.Verdict == oracle.Skip || varying[want.Key()] != "" || lacksSymbols(have) {
			continue
		}
		judged++
		if have.Verdict != want.Verdict || have.Errno != want.Errno {
			t.Errorf("%v: %s %s %q, recorded %s %s %q", want.Key(), have.Verdict, have.Errno, have.Msg, want.Verdict, want.Errno, want.Msg)
		}
	}
	require.NotZero(t, judged)
	t.Logf("%d of %d programs have the recorded verdict", judged, len(recorded))
}

// lacksSymbols tells a rejection that is due to how the kernel was built
// (without CONFIG_KALLSYMS_ALL).
func lacksSymbols(rec *record.Record) bool {
	return strings.HasPrefix(rec.Msg, "ldimm64 failed to find the address for kernel symbol")
}
