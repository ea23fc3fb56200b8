package absint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is valid follows the documentation of bpf_trace_printk and bpf_snprintf
// in Linux's bpf-helpers(7).
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format    string
		arguments uint64
		valid     bool
	}{
		{"", 0, true},
		{"no conversion", 0, true},
		{"100%%", 0, true},
		{"%d", 0, false},
		{"%d%d", 1, false},
		{"%d", 3, true},
		{"%i %u %x %X %c", 5, true},
		{"%ld %llu %lx", 3, true},
		{"%016llx|%-8d|%+d|% d", 4, true},
		{"%s", 1, true},
		{"%s,%s.", 2, true},
		{"%sx", 1, false},
		{"%p", 1, true},
		{"%p)", 1, true},
		{"%pa", 1, false},
		{"%pks %pus", 2, true},
		{"%pksa", 1, false},
		{"%pK %px %ps %pS %pB", 5, true},
		{"%pi4 %pI4 %pi6 %pI6", 4, true},
		{"%pi5", 1, false},
		{"%f", 1, false},
		{"%hd", 1, false},
		{"%llld", 1, false},
		{"%", 1, false},
		{"%l", 1, false},
		{"bell\a", 0, false},
		{"tab\t and line\n", 0, true},
	} {
		require.Equal(t, c.valid, validFormat(c.format, c.arguments, true), "%q with %d", c.format, c.arguments)
	}
	require.True(t, validFormat("größer", 0, true))
	require.False(t, validFormat("größer", 0, false))
}
