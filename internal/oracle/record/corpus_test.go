package record_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/load"
	"github.com/bpflint/bpflint/internal/oracle"
	"github.com/bpflint/bpflint/internal/oracle/record"
	"github.com/bpflint/bpflint/internal/upward"
)

// TestCorpusLive links every program of the corpus, asks the running kernel and
// compares with the verdict that another loader got from the same kernel.
func TestCorpusLive(t *testing.T) {
	if testing.Short() {
		t.Skip("loads a thousand programs")
	}
	corpus, ok := upward.Find("shared/corpus")
	if !ok {
		t.Skip("no corpus here")
	}
	k, err := oracle.Open()
	if errors.Is(err, oracle.ErrNoKernel) {
		t.Skip(err)
	}
	require.NoError(t, err)
	if v := k.Version().String(); v != "6.18" {
		t.Skipf("the corpus has no records of a live %s", v)
	}
	recorded, err := record.ReadFile(filepath.Join(corpus, "verdicts", "6.18-live.jsonl"))
	require.NoError(t, err)

	got := record.Index(askAll(t, k, filepath.Join(corpus, "objects")))
	tally := make(map[string]*[4]int)
	var differ []string
	for i := range recorded {
		want := &recorded[i]
		row := tally[want.Type]
		if row == nil {
			row = new([4]int)
			tally[want.Type] = row
		}
		switch have := got[want.Key()]; {
		case want.Verdict == oracle.Skip:
			row[2]++
		case have != nil && have.Type != want.Type:
			// The section does not tell, and the recorder guessed by the name of
			// the file: another question was put to the kernel.
			row[2]++
		case have == nil || have.Verdict == oracle.Skip:
			row[3]++
			differ = append(differ, fmt.Sprintf("%v: not judged: %+v", want.Key(), have))
		case have.Verdict == want.Verdict && have.Msg == want.Msg && have.ErrInsn == want.ErrInsn && have.Errno == want.Errno:
			row[0]++
		default:
			row[1]++
			differ = append(differ, fmt.Sprintf("%v: %s %s %q at %d, recorded %s %s %q at %d", want.Key(),
				have.Verdict, have.Errno, have.Msg, have.ErrInsn, want.Verdict, want.Errno, want.Msg, want.ErrInsn))
		}
	}
	t.Logf("%-18s %6s %6s %9s %8s", "type", "same", "differ", "unjudged", "unlinked")
	var types []string
	for typ := range tally {
		types = append(types, typ)
	}
	slices.Sort(types)
	for _, typ := range types {
		row := tally[typ]
		t.Logf("%-18s %6d %6d %9d %8d", typ, row[0], row[1], row[2], row[3])
	}
	require.Empty(t, differ, "\n"+strings.Join(differ, "\n"))
}

func askAll(t *testing.T, k *oracle.Kernel, root string) []record.Record {
	if k.Crashed() {
		t.Skip("this kernel has crashed: its verifier may wait for ever for a lock")
	}
	var all []record.Record
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		image, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		spec, err := load.Parse(image)
		if err != nil {
			all = append(all, record.Unreadable(name, err))
			return nil
		}
		records, err := record.Object(k, filepath.ToSlash(name), spec, record.Options{})
		all = append(all, records...)
		return err
	})
	require.NoError(t, err)
	return all
}
