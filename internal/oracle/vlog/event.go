package vlog

import (
	"bufio"
	"io"
	"strings"
)

// Event is one line of a log, parsed.
type Event struct {
	Kind Kind
	// Insn is the instruction that the line is about; for KindBranch the one at
	// which the path goes on, and From the one that it comes from. Both are -1
	// when the line names none.
	Insn, From int
	// Text is the disassembly for KindInsn, else the line without what was
	// parsed.
	Text string
	// After says that State is what holds after the instruction, and only what
	// it changed, as kernels since 5.16 print. Otherwise it is the whole state
	// before it.
	After bool
	// State is valid until the next call of Scan; empty for lines without one.
	State State
}

// Scanner reads a log event by event. Its zero value is not usable; make it with
// NewScanner.
type Scanner struct {
	lines *bufio.Scanner
	event Event
}

// maxLine bounds a line of a log; a full state of eight frames takes less.
const maxLine = 1 << 20

// NewScanner returns a scanner of a log.
func NewScanner(r io.Reader) *Scanner {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	return &Scanner{lines: lines}
}

// Scan goes to the next line that is not blank.
func (s *Scanner) Scan() bool {
	for s.lines.Scan() {
		line := strings.TrimRight(s.lines.Text(), " \r")
		if kind := Classify(line); kind != KindBlank {
			s.event.parse(kind, line)
			return true
		}
	}
	return false
}

// Event returns the line that Scan went to. It is overwritten by the next Scan.
func (s *Scanner) Event() *Event { return &s.event }

// Err returns the error that ended the log early.
func (s *Scanner) Err() error { return s.lines.Err() }

func (e *Event) parse(kind Kind, line string) {
	line = strings.TrimLeft(line, " \t")
	*e = Event{Kind: kind, Insn: -1, From: -1, Text: line, State: State{Regs: e.State.Regs[:0], Stack: e.State.Stack[:0]}}
	switch kind {
	case KindInsn:
		e.parseInsn(line)
	case KindState:
		e.Insn, e.Text, _ = cutIndex(line)
		e.State.parse(e.Text)
	case KindBranch:
		e.From, e.Insn, e.Text, _ = cutBranch(line)
		e.State.parse(e.Text)
	case KindSafe:
		e.parseSafe(line)
	case KindFrame:
		e.State.parse(line)
	}
}

// parseInsn splits "5: (07) r1 += 4   ; R1_w=scalar()".
func (e *Event) parseInsn(line string) {
	e.Insn, e.Text, _ = cutIndex(line)
	text, state, ok := strings.Cut(e.Text, ";")
	if !ok {
		return
	}
	e.Text, e.After = strings.TrimRight(text, " "), true
	e.State.parse(strings.TrimLeft(state, " "))
}

func (e *Event) parseSafe(line string) {
	var ok bool
	if e.From, e.Insn, _, ok = cutBranch(line); !ok {
		e.From = -1
		e.Insn, _, _ = cutIndex(line)
	}
}
