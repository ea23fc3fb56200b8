package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/analysis/report"
	"github.com/bpflint/bpflint/internal/mutate"
)

// FuzzObject changes bytes of real objects and lets the commands have them:
// whatever is left of an object, each ends with a report or an error, and no
// pass fails by a mistake of ours.
func FuzzObject(f *testing.F) {
	objects, err := mutate.Files("../../testdata/objects/*.o")
	require.NoError(f, err)
	for i := range objects {
		f.Add(uint16(i), uint8(i), []byte("\x80\x00\x00\x01\x03"))
	}
	var commands [][]string
	for _, format := range report.Formats() {
		commands = append(commands, []string{"--format", format})
	}
	commands = append(commands, []string{"--kernel", "5.10"}, []string{"--kernel", "7.2"}, []string{"--caps=least"},
		[]string{"cfg"}, []string{"log"}, []string{"trampoline"})
	f.Fuzz(func(t *testing.T, which uint16, command uint8, changes []byte) {
		image := mutate.Bytes(objects[int(which)%len(objects)], changes)
		args := append(slices.Clone(commands[int(command)%len(commands)]), "-")
		var out, errs bytes.Buffer
		status := run(args, &console{stdin: bytes.NewReader(image), stdout: &out, stderr: &errs})
		for _, text := range []string{out.String(), errs.String()} {
			if at := strings.Index(text, "internal error"); at >= 0 {
				t.Fatal(args, text[at:])
			}
		}
		if status != exitClean {
			require.NotZero(t, out.Len()+errs.Len(), args)
		}
	})
}
