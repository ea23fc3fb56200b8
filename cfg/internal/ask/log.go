package ask

import (
	"strconv"
	"strings"
)

// Listed returns how a log writes the instruction at a slot when it comes to it
// first, "" when it does not: "(b7) r0 = 0".
func Listed(log string, slot int) string {
	head := strconv.Itoa(slot) + ": "
	for line := range strings.Lines(log) {
		text, ok := strings.CutPrefix(line, head)
		if !ok || !strings.HasPrefix(text, "(") && !strings.HasPrefix(text, "BUG") {
			continue
		}
		// The state of registers follows some spaces and a semicolon.
		text, _, _ = strings.Cut(text, ";")
		return strings.TrimRight(text, " \n")
	}
	return ""
}
