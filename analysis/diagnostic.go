package analysis

import "fmt"

// Severity orders findings.
type Severity uint8

// Severities. A verdict is made of the last two.
const (
	Info Severity = iota
	Warning
	Unsupported // the verdict depends on something that is not modelled yet
	Reject      // the target kernel refuses the program
)

var severityNames = [...]string{"info", "warning", "unsupported", "reject"}

// String returns the severity as reports name it.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Diagnostic is one finding.
type Diagnostic struct {
	ID       string
	Severity Severity // that of the rule when left zero
	Insn     int      // slot, -1 when it is about the whole program
	Message  string   // ours, in terms of the source
	Kernel   string   // the kernel's last message, word for word; empty for lints
	Errno    string   // "EACCES"; of the rejected BPF_PROG_LOAD
	Hint     string   // what to do about it
	Related  []Related
}

// Related is a position that helps to understand a Diagnostic.
type Related struct {
	Insn    int
	Message string
}
