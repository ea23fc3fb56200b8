package absint

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/prog"
)

// Levels of the log that bpf(2) knows.
const (
	logPath = 1 // the path that was explored last
	logAll  = 2 // all paths
)

// journal is the verifier's log as Linux 6.18 writes it, whatever the target:
// each instruction with the registers and stack slots that it touched, and the
// whole state where a path is taken up. What backtracking does is left out.
type journal struct {
	on, all bool
	out     io.Writer
	printer cfg.Printer

	text   []byte // not written yet; everything, unless all paths are wanted
	start  int    // of the last line in text
	last   int32  // the instruction in that line, whose registers are still to be printed; -1 for none
	slots  uint64 // of the stack of frame that it touches
	frame  int32
	apart  bool       // what the last instruction touched goes into a line of its own
	source *prog.Line // printed last
}

func newJournal(o Options) journal {
	return journal{
		on:   o.Log != nil && o.LogLevel&(logPath|logAll) != 0,
		all:  o.LogLevel&logAll != 0,
		out:  o.Log,
		last: -1,
	}
}

// flush writes what no path can take back.
func (j *journal) flush() {
	j.out.Write(j.text)
	j.text, j.start = j.text[:0], 0
}

// line ends the present line.
func (j *journal) line() {
	j.text = append(j.text, '\n')
	if j.all {
		j.flush()
	}
	j.start = len(j.text)
}

func (j *journal) printf(format string, args ...any) { j.text = fmt.Appendf(j.text, format, args...) }

// Columns of the text behind an instruction.
const (
	logColumn = 38
	logTab    = 8
	logGap    = 3
)

// pad fills the line up to where registers are printed.
func (j *journal) pad() {
	n, column := len(j.text)-j.start, logColumn
	for column-n < logGap {
		column += logTab
	}
	for ; n < column; n++ {
		j.text = append(j.text, ' ')
	}
}

// logInsn writes the line of an instruction that is about to be executed, after
// what the one before it did.
func (m *machine) logInsn(at int32) {
	j := &m.journal
	switch {
	case m.resumed && (j.all || j.last < 0):
		m.logStart(at)
	case j.apart:
		j.printf("%d:", at)
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, touched{regs: 1})
		j.line()
	case j.last >= 0:
		m.logDone(at)
	}
	m.resumed = false
	j.last, j.apart = at, false
	m.logSource(at)
	j.printf("%d: %s", at, j.printer.Insn(m.code, int(at)))
	j.slots, j.frame = m.touchedSlots(&m.insns[at])
}

// logStart writes the state in which a path starts.
func (m *machine) logStart(at int32) {
	j := &m.journal
	if m.cur.prev >= 0 && j.all {
		j.line()
		j.text = m.appendFromTo(j.text, at)
		j.text = m.appendFrame(append(j.text, ':'), &m.cur, m.cur.depth, all)
		j.line()
	}
	j.printf("%d:", at)
	j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, all)
	j.line()
}

// logDone writes what the last instruction touched, behind it, or for calls and
// exits in lines of their own.
func (m *machine) logDone(at int32) {
	j := &m.journal
	in := &m.insns[j.last]
	switch {
	case in.op == opCallLocal && m.cur.insn == m.funcs[in.fn].start:
		j.printf("\ncaller:\n")
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth-1, all)
		j.printf("\ncallee:\n")
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, all)
		j.line()
		j.printf("%d:", at)
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, all)
	default:
		t := m.touched(in)
		j.pad()
		j.text = append(j.text, ';')
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, t)
	}
	j.line()
}

// logLeave writes the frame of a function that is left.
func (m *machine) logLeave() {
	if j := &m.journal; j.on {
		j.line()
		j.printf("returning from callee:\n")
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, all)
		j.line()
	}
}

// logReturned writes the frame that a function was left for.
func (m *machine) logReturned() {
	if j := &m.journal; j.on {
		j.printf("to caller at %d:\n", m.cur.insn)
		j.text = m.appendFrame(j.text, &m.cur, m.cur.depth, all)
		j.line()
		j.apart, j.last = true, -1
	}
}

// logSource writes the line of the source when another one begins.
func (m *machine) logSource(at int32) {
	j := &m.journal
	l := m.prog.LineAt(int(at))
	if l == nil || j.source != nil && l.Line == j.source.Line && l.File == j.source.File && l.Text == j.source.Text {
		return
	}
	j.source = l
	j.printf("; %s @ %s:%d", strings.TrimSpace(l.Text), path.Base(l.File), l.Line)
	j.line()
}

// touched returns what the last instruction touched of the present function.
func (m *machine) touched(in *instr) touched {
	use, def := cfg.UseDef(in.Insn, 0)
	t := touched{regs: uint16(use | def)}
	if in.op == opPacketLoad {
		t.regs = 1 | 1<<6
	}
	if m.journal.frame == m.cur.depth {
		t.slots = m.journal.slots
	}
	return t
}

// touchedSlots returns the slots of the stack that an access is about to touch,
// and the depth of their function.
func (m *machine) touchedSlots(in *instr) (slots uint64, frame int32) {
	var base *value
	switch in.op {
	case opLoad:
		base = m.reg(in.Src())
	case opStore, opStoreImm, opAtomic:
		base = m.reg(in.Dst())
	default:
		return 0, 0
	}
	if base.kind != kindStack || !base.num.IsConst() {
		return 0, 0
	}
	low := int64(base.num.Tnum.Value) + int64(base.off) + int64(in.Off)
	for i := low; i < low+int64(in.bytes) && i >= -512 && i < 0; i++ {
		slots |= 1 << uint((-i-1)/8)
	}
	return slots, int32(base.frame)
}

// logSafe writes that a path ended at a remembered state.
func (m *machine) logSafe(at int32) {
	j := &m.journal
	if m.resumed && j.all {
		j.line()
		j.text = m.appendFromTo(j.text, at)
	} else {
		if j.last >= 0 {
			m.logDone(at)
		}
		j.printf("%d", at)
	}
	j.printf(": safe")
	j.line()
	j.last, j.apart = -1, false
}

// logEnd ends the line of an instruction that nothing follows.
func (m *machine) logEnd() {
	if m.journal.last >= 0 {
		m.journal.line()
	}
	m.journal.last, m.journal.apart = -1, false
}

// logText writes a line of the kernel's that is no reason for a rejection.
func (m *machine) logText(format string, args ...any) {
	j := &m.journal
	if !j.on {
		return
	}
	if j.last >= 0 {
		j.line()
		j.last, j.apart = -1, true
	}
	j.printf(format, args...)
	j.line()
}

// logResult writes the last lines.
func (m *machine) logResult(r *Result) {
	j := &m.journal
	if !j.on {
		return
	}
	m.logEnd()
	if m.processed == 0 { // refused before the exploration: there is only the reason
		m.logText("%s", r.Message)
		j.flush()
		return
	}
	for _, s := range r.Messages {
		m.logText("%s", s)
	}
	m.logText("processed %d insns (limit %d) max_states_per_insn %d total_states %d peak_states %d mark_read 0",
		r.Stats.ProcessedInsns, maxProcessed, r.Stats.MaxStatesPerInsn, r.Stats.TotalStates, r.Stats.PeakStates)
	j.flush()
}

// back takes back what was written since the log had a length, the paths behind
// a fork at an instruction, unless all are wanted.
func (j *journal) back(length int, fork int32) {
	j.last, j.apart = -1, false
	if j.all || !j.on {
		return
	}
	j.text = j.text[:length]
	j.start = bytes.LastIndexByte(j.text, '\n') + 1
	j.last = fork
}
