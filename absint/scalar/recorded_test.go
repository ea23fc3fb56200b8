package scalar

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// kindMarks are the first characters of recorded lines.
const kindMarks = "ifsp"

// String is the form in which lines are recorded.
func (l line) String() string {
	s := fmt.Sprintf("%c %d %d", kindMarks[l.kind], l.insn, l.to)
	for _, r := range l.regs {
		s += fmt.Sprintf("\t%d %s", r.no, r.text)
	}
	return s
}

func parseRecorded(s string) (line, error) {
	fields := strings.Split(s, "\t")
	var mark byte
	var l line
	if _, err := fmt.Sscanf(fields[0], "%c %d %d", &mark, &l.insn, &l.to); err != nil {
		return l, err
	}
	l.kind = kind(strings.IndexByte(kindMarks, mark))
	for _, f := range fields[1:] {
		no, text, _ := strings.Cut(f, " ")
		l.regs = append(l.regs, reg{atoi(no), text})
	}
	return l, nil
}

// recording is a program and what a kernel's log said of it.
type recording struct {
	insns []cfg.Insn
	lines []line
}

func readRecordings(t testing.TB, path string) []recording {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skip("this kernel is not recorded yet")
	}
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var out []recording
	for in := bufio.NewScanner(z); in.Scan(); {
		if raw, err := hex.DecodeString(in.Text()); err == nil {
			out = append(out, recording{insns: decode(raw)})
			continue
		}
		l, err := parseRecorded(in.Text())
		require.NoError(t, err, in.Text())
		last := &out[len(out)-1]
		last.lines = append(last.lines, l)
	}
	return out
}

func recordings(t testing.TB, kernel linux.Version) []recording {
	return readRecordings(t, filepath.Join("testdata", kernel.String()+".txt.gz"))
}

// TestRecorded replays what five kernels said of random programs.
func TestRecorded(t *testing.T) {
	for _, kernel := range linux.Targets() {
		t.Run(kernel.String(), func(t *testing.T) {
			steps, all := 0, recordings(t, kernel)
			require.NotEmpty(t, all)
			for n, rec := range all {
				p := replay{insns: rec.insns, rules: RulesFor(kernel)}
				require.NoError(t, p.run(rec.lines), "program %d\n%s", n, listing(rec.insns))
				steps += p.steps
			}
			t.Logf("%d instructions of %d programs", steps, len(all))
		})
	}
}
