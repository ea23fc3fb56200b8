package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	terminal := &console{stderr: &out, animated: true}

	require.Nil(t, newProgress(&console{stderr: &out}, false, 1).of(0), "not on a terminal")
	require.Nil(t, newProgress(terminal, true, 1).of(0), "quiet")

	p := newProgress(terminal, false, 2)
	p.of(0)(1, 10)
	require.Empty(t, out.String(), "short work shows nothing")

	p.start = time.Now().Add(-2 * patience)
	p.of(0)(2, 10)
	require.Contains(t, out.String(), "2/20")
	out.Reset()
	p.clear()
	require.NotContains(t, out.String(), "\n", "the bar leaves nothing behind")

	var none *progress
	none.clear()
}
