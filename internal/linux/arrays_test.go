package linux_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
	"github.com/bpflint/bpflint/prog"
)

// TestRecordedArrays compares with what kernels said of programs that met in
// program arrays.
func TestRecordedArrays(t *testing.T) {
	releases := map[string]linux.Release{"data/arrays-live.tsv": {Version: linux.V6_18, Patch: 44}}
	for _, v := range linux.Targets() {
		releases[fmt.Sprintf("data/%s/arrays.tsv", v)] = v.Recorded()
	}
	for path, release := range releases {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		require.Len(t, lines, 30)
		for _, line := range lines {
			checkMeeting(t, release, strings.Split(line, "\t"))
		}
	}
}

// checkMeeting compares one row: the name, two programs, and the answers to the
// second one when it is put in after the first had been loaded as a caller or put
// in, and when it is loaded as a caller after that.
func checkMeeting(t *testing.T, r linux.Release, row []string) {
	t.Helper()
	require.Len(t, row, 6)
	first, second := readGuest(t, r, row[1]), readGuest(t, r, row[2])
	calling := func(p linux.ArrayProgram, calls bool) linux.ArrayProgram {
		p.Calls = p.Calls || calls
		return p
	}
	const sleeps, programArray = 1 << 4, 3
	for i, pair := range [][2]linux.ArrayProgram{
		{calling(first, true), second}, {first, second}, {first, calling(second, true)},
	} {
		answer := row[3+i]
		if answer == "-" {
			continue
		}
		if i == 2 && second.Flags&sleeps != 0 && r.SleepMapRefusal(programArray, false) != "" {
			require.Equal(t, "EINVAL", answer, "the verifier refuses the map")
			continue
		}
		require.Equal(t, answer == "ok", r.ArrayConflict(pair[0], pair[1]) == "", "%s on %s, answer %d", row[0], r, i)
	}
}

func readGuest(t *testing.T, r linux.Release, text string) linux.ArrayProgram {
	t.Helper()
	var p linux.ArrayProgram
	var to, storage string
	var compiled bool
	_, err := fmt.Sscan(text, &p.Type, &p.Attach, &p.Flags, &to, &storage, &p.Calls, &compiled)
	require.NoError(t, err)
	p.Interpreted = !compiled
	if storage != "0" {
		p.Storage[0] = storage
	}
	for _, prefix := range []string{"typedef:btf_trace_", "func:bpf_lsm_", "func:bpf_iter_", "func:"} {
		if name, ok := strings.CutPrefix(to, prefix); ok {
			id := prog.ProtoOf(target.For(r, linux.CapAll, ""), p.Type, p.Attach, name)
			require.NotZero(t, id, to)
			p.Proto = fmt.Sprint(id)
			break
		}
	}
	return p
}

// A tail call converts contexts towards gtrace only, and of some types only.
func TestGtraceConversion(t *testing.T) {
	r, tool := linux.V6_18.Recorded(), linux.ArrayProgram{Type: linux.ProgGtrace}
	for typ := range uint32(33) {
		convertible := typ == 2 || typ == 5 || typ == 7 || typ == 17
		require.Equal(t, convertible, r.ArrayConflict(linux.ArrayProgram{Type: typ}, tool) == "", "type %d", typ)
		require.NotEmpty(t, r.ArrayConflict(tool, linux.ArrayProgram{Type: typ}), "type %d", typ)
	}
	require.Empty(t, r.ArrayConflict(tool, tool))
	tracing := linux.For(linux.V6_18).Hook(linux.ProgGtrace, 0, false, "")
	require.EqualValues(t, linux.GtraceSize, tracing.Context().End)
}
