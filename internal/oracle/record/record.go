// Package record holds verdicts of real kernels as data: one JSON object per
// program and line, as in testdata/verdicts.
package record

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/bpflint/bpflint/internal/oracle"
)

// Record is one kernel's verdict on one program.
type Record struct {
	Object     string         `json:"object"`  // path below the folder of objects, with slashes
	Program    string         `json:"program"` // the function's name
	Section    string         `json:"section"`
	Type       string         `json:"type"` // "sched_cls"
	ProgType   uint32         `json:"prog_type"`
	AttachType uint32         `json:"attach_type"`
	AttachTo   string         `json:"attach_to"`
	ProgFlags  uint32         `json:"prog_flags"`
	License    string         `json:"license"`
	Verdict    oracle.Verdict `json:"verdict"`
	// SkipReason and SkipDetail say why the kernel never judged the program.
	SkipReason string `json:"skip_reason,omitempty"`
	SkipDetail string `json:"skip_detail,omitempty"`

	Errno    string   `json:"errno"` // "EACCES"
	Msg      string   `json:"msg"`   // the last meaningful line of the log
	Messages []string `json:"messages,omitempty"`
	ErrInsn  int      `json:"err_insn"` // last slot of the trace, -1 for none
	Insns    int      `json:"insns"`    // slots of the program

	Processed        int    `json:"processed"`
	Usec             int    `json:"usec,omitempty"` // verification time; not of emulated kernels
	TotalStates      int    `json:"total_states"`
	PeakStates       int    `json:"peak_states"`
	MaxStatesPerInsn int    `json:"max_states_per_insn,omitempty"`
	StackDepth       string `json:"stack_depth"` // by subprogram, "24+0"

	Notes    []string          `json:"notes,omitempty"`     // what the loader assumed
	MapFixes map[string]string `json:"map_fixes,omitempty"` // by map: what was changed to create it
	Tags     []string          `json:"tags,omitempty"`      // declaration tags of the function
}

// maxLine bounds a line; the longest real ones have a few kilobytes.
const maxLine = 1 << 20

// Read reads records, one per line.
func Read(r io.Reader) ([]Record, error) {
	var records []Record
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var rec Record
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		records = append(records, rec)
	}
	return records, lines.Err()
}

// ReadFile reads the records of a file.
func ReadFile(name string) ([]Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return records, nil
}

// Write writes records, one per line.
func Write(w io.Writer, records []Record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range records {
		if err := enc.Encode(&records[i]); err != nil {
			return err
		}
	}
	return nil
}

// Key names a program within a set of records.
type Key struct{ Object, Program string }

// Key returns the record's.
func (r *Record) Key() Key { return Key{r.Object, r.Program} }

// Index gives records by program.
func Index(records []Record) map[Key]*Record {
	index := make(map[Key]*Record, len(records))
	for i := range records {
		index[records[i].Key()] = &records[i]
	}
	return index
}

// Matching returns the records of objects whose name matches a pattern as of
// path.Match; the empty pattern matches all.
func Matching(records []Record, pattern string) ([]Record, error) {
	if pattern == "" {
		return records, nil
	}
	var matching []Record
	for i := range records {
		ok, err := path.Match(pattern, records[i].Object)
		if err != nil {
			return nil, err
		}
		if ok {
			matching = append(matching, records[i])
		}
	}
	return matching, nil
}
