package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRaw(t *testing.T) {
	for _, tc := range []struct {
		name, insns string
		args        []string
		out, err    string
	}{
		{"constant", "b700000001000000 9500000000000000", nil, "1\n", ""},
		{"negative", "0xb7 00 0000 ffffffff\n9500000000000000\n", nil, "ffffffffffffffff\n", ""},
		{"length", "bf20000000000000 9500000000000000", []string{"--memory", "aa bb cc"}, "3\n", ""},
		{"memory", "7110010000000000 9500000000000000", []string{"--memory", "aabbcc"}, "bb\n", ""},
		{"helper 5", "b7010000070000008500000005000000 9500000000000000", nil, "7\n", ""},
		{"call of a register", "b701000007000000 b702000005000000 8d02000000000000 9500000000000000", nil, "7\n", ""},
		{"call of a function pointer", "1843000002000000 0000000000000000 0500030000000000 bf10000000000000 0700000001000000 9500000000000000 b701000029000000 8d03000000000000 9500000000000000", nil, "2a\n", ""},
		{"memory as an argument", "7110010000000000 9500000000000000", []string{"aabbcc"}, "bb\n", ""},
		{"no memory", "7110000000000000 9500000000000000", nil, "", "bpfexec: raw: instruction 0: read of 1 byte at NULL\n"},
		{"out of bounds", "7110030000000000 9500000000000000", []string{"--memory", "aabbcc"}, "",
			"bpfexec: raw: instruction 0: read of 1 byte at offset 3 of the memory, which has 3 bytes\n"},
		{"budget", "05000000ffffffff 0500feff00000000 9500000000000000", []string{"--budget", "100"}, "",
			"bpfexec: raw: instruction 0: instruction budget exhausted\n"},
		{"odd hex", "b70", nil, "", "bpfexec: instructions: half a byte: want 16 hex digits for each\n"},
		{"half instruction", "b700", nil, "", "bpfexec: instructions: 2 bytes are not a number of 8-byte instructions\n"},
		{"helper", "8500000001000000 9500000000000000", nil, "", "bpfexec: instruction 0: helper 1 does not exist in raw mode\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs strings.Builder
			status := run(append([]string{"raw"}, tc.args...), &console{stdin: strings.NewReader(tc.insns), stdout: &out, stderr: &errs})
			require.Equal(t, tc.err, errs.String())
			require.Equal(t, tc.out, out.String())
			require.Equal(t, tc.err != "", status != 0)
		})
	}
}
