package report

import "github.com/bpflint/bpflint/analysis"

// style paints words with ANSI escapes (ECMA-48, 8.3.117), or leaves them as
// they are.
type style bool

const (
	bold    = "\x1b[1m"
	faint   = "\x1b[2m"
	red     = "\x1b[1;31m"
	yellow  = "\x1b[1;33m"
	blue    = "\x1b[1;34m"
	magenta = "\x1b[1;35m"
	cyan    = "\x1b[1;36m"
	green   = "\x1b[1;32m"
	reset   = "\x1b[0m"
)

func (s style) paint(color, text string) string {
	if !s || text == "" {
		return text
	}
	return color + text + reset
}

// look is how a severity is shown.
var look = map[analysis.Severity]struct{ word, color string }{
	analysis.Info:        {"note", cyan},
	analysis.Warning:     {"warning", yellow},
	analysis.Unsupported: {"unsupported", magenta},
	analysis.Reject:      {"error", red},
}
