package vlog

import (
	"strconv"
	"strings"
)

// Stats are the verifier's statistics about one program.
type Stats struct {
	Processed        int
	MaxStatesPerInsn int
	TotalStates      int
	PeakStates       int
	// Usec is the verification time in microseconds.
	Usec int
	// StackDepth is the depth of each subprogram, "24+0+8".
	StackDepth string
}

// Summary is what a verdict needs of a log.
type Summary struct {
	Stats    Stats
	Messages []string
	// LastInsn is the last instruction that the trace names, -1 for none.
	LastInsn int
}

// Last returns the last message, "" when there is none.
func (s *Summary) Last() string {
	if len(s.Messages) == 0 {
		return ""
	}
	return s.Messages[len(s.Messages)-1]
}

// Summarize reads a log of any level. What it does not know counts as a message.
func Summarize(log string) Summary {
	s := Summary{LastInsn: -1}
	for line := range strings.Lines(log) {
		s.add(strings.TrimRight(line, " \r\n"))
	}
	return s
}

func (s *Summary) add(line string) {
	// Some messages lack their newline, so that the statistics follow at once.
	if at := strings.Index(line, "verification time "); at > 0 {
		s.add(strings.TrimRight(line[:at], " "))
		line = line[at:]
	}
	switch Classify(line) {
	case KindInsn:
		s.LastInsn, _, _ = cutIndex(strings.TrimLeft(line, " "))
	case KindStats:
		s.Stats.add(line)
	case KindMessage:
		s.Messages = append(s.Messages, line)
	}
}

// counters are the words of the line of statistics, each before its value.
var counters = []struct {
	word  string
	field func(*Stats) *int
}{
	{"processed", func(s *Stats) *int { return &s.Processed }},
	{"max_states_per_insn", func(s *Stats) *int { return &s.MaxStatesPerInsn }},
	{"total_states", func(s *Stats) *int { return &s.TotalStates }},
	{"peak_states", func(s *Stats) *int { return &s.PeakStates }},
	{"time", func(s *Stats) *int { return &s.Usec }},
}

func (s *Stats) add(line string) {
	if depth, ok := strings.CutPrefix(line, "stack depth "); ok {
		s.StackDepth, _, _ = strings.Cut(depth, " ")
		return
	}
	if strings.HasPrefix(line, "insns processed ") {
		return
	}
	words := strings.Fields(line)
	for i := 0; i+1 < len(words); i++ {
		for _, c := range counters {
			if words[i] != c.word {
				continue
			}
			if n, err := strconv.Atoi(words[i+1]); err == nil {
				*c.field(s) = n
			}
		}
	}
}
