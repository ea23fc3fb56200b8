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

	for _, none := range []*progress{
		newProgress(&console{stderr: &out}, false), // not on a terminal
		newProgress(terminal, true),                // quiet
	} {
		none.loaded(1)
		none.judging(0, 1)(1, 10)
		none.clear()
	}
	p := newProgress(terminal, false)
	p.loaded(1)
	p.judging(0, 2)(1, 10)
	require.Empty(t, out.String(), "short work shows nothing")

	p.start = time.Now().Add(-2 * patience)
	p.loaded(7)
	require.Contains(t, out.String(), "reading objects: 7")
	p.judging(1, 2)(2, 10)
	require.Contains(t, out.String(), "(12/20)")

	out.Reset()
	p.clear()
	require.NotContains(t, out.String(), "\n", "the bar leaves nothing behind")
}
