package absint

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpflint/bpflint/absint/scalar"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/prog"
)

// machine explores one program. Its methods are spread over the files of this
// package by topic.
type machine struct {
	prog  *prog.Program
	graph *cfg.Graph
	flow  *cfg.Graph // of code: branches that the kernel decides beforehand are jumps
	opts  Options
	rules rules
	num   *scalar.Rules
	hook  hook
	order binary.ByteOrder // of the program's data

	code     []cfg.Insn // as the kernel explores it
	insns    []instr
	funcs    []function
	maps     []mapInfo
	arena    int32   // index of the program's arena in maps, -1 for none
	mapAt    []int32 // by index in prog.Maps
	chains   chains
	accessed []pointee // by slot: what it reached before
	views    views
	target   target
	replaces replacement

	heap heap
	cur  state
	top  *frame // cur's topmost frame

	pending []pending
	seen    []*checkpoint // by slot, newest first
	trail   []event       // what happened on the paths that are not finished
	event   uint32        // the entry of trail that belongs to this instruction, 0 for none
	ids     uint32        // last id given out
	pairs   idPairs
	demand  demand
	linked  linkSet
	spec    speculation
	loops   loops

	insisted int // marks that were put on remembered states

	tailCalls []TailCall

	kfuncs       []kfunc         // that the program calls
	owned        []ownType       // types of objects that the program makes
	kfuncAt      map[int32]int32 // by the immediate of a call, used before the exploration
	thrown       bool            // a path throws an exception
	missingKfunc bool            // a call of a function that the kernel lacks was reached

	whole      slotSet // what the present store overwrites whole
	wholeFrame uint8

	walked []walkedMap

	entry   int32 // the function that is verified alone
	charged int   // instructions that were charged to functions

	processed, jumps         int
	lastProcessed, lastJumps int // when a state was last remembered
	stats                    Stats
	states                   int // remembered now

	trace trace

	journal journal
	resumed bool // the path was taken up and has executed nothing yet

	verdict  Verdict
	messages []string
	errno    string
	feature  string
	at       int // slot executed last, -1 for none
	err      error
}

// outcome is what executing an instruction led to.
type outcome uint8

const (
	next   outcome = iota // go on with the instruction that follows
	jumped                // go on with cur.insn
	ended                 // the path is finished
	failed                // the program is rejected, or something is not supported
)

func newMachine(p *prog.Program, g *cfg.Graph, o Options) *machine {
	m := &machine{
		prog: p, graph: g, opts: o,
		rules: rulesFor(p),
		num:   scalar.RulesFor(p.Target.Release()),
		trail: make([]event, 1, 1024),
		order: p.Target.Order,
		at:    -1,
		arena: -1,
	}
	if m.order == nil {
		m.order = binary.LittleEndian
	}
	m.opts.Strict = o.Strict || p.Flags&flagStrictAlignment != 0
	m.opts.StateFreq = o.StateFreq || p.Flags&flagStateFreq != 0
	m.journal = newJournal(o)
	if m.opts.Context == nil {
		m.opts.Context = context.Background()
	}
	return m
}

// say adds a line of the kernel's.
func (m *machine) say(format string, args ...any) {
	m.messages = append(m.messages, fmt.Sprintf(format, args...))
}

// fail rejects the program with an errno and the kernel's message.
func (m *machine) fail(errno, format string, args ...any) outcome {
	m.say(format, args...)
	return m.failErrno(errno)
}

// failErrno rejects the program after the messages said before.
func (m *machine) failErrno(errno string) outcome {
	m.verdict, m.errno = Reject, errno
	return failed
}

// unsupported ends the run because feature is not modelled.
func (m *machine) unsupported(feature string) outcome {
	m.verdict, m.feature = Unsupported, feature
	return failed
}

func (m *machine) result() (*Result, error) {
	if m.err != nil {
		return nil, m.err
	}
	r := &Result{
		Verdict: m.verdict, Insn: m.at, Messages: m.messages,
		Errno: m.errno, Feature: m.feature, Stats: m.stats, TailCalls: m.tailCalls,
	}
	r.Stats.ProcessedInsns = m.processed
	r.Funcs, r.Entry = m.functionResults(), m.entry
	r.Path, r.Known = m.trace.steps, m.trace.known
	for i := range m.funcs {
		r.Stats.StackDepth = append(r.Stats.StackDepth, m.funcs[i].stack)
	}
	if n := len(m.messages); n > 0 {
		r.Message = m.messages[n-1]
	}
	m.logResult(r)
	return r, nil
}

// newID returns an id that no value has.
func (m *machine) newID() uint32 {
	m.ids++
	return m.ids
}

// eachValue calls visit for every register and spilled register of s. When it
// returns true the value is about to be changed by change, on a frame and a
// stack that s owns.
func (m *machine) eachValue(s *state, match func(*value) bool, change func(*value)) {
	for i := int32(0); i <= s.depth; i++ {
		for r := range s.frames[i].regs {
			if match(&s.frames[i].regs[r]) {
				change(&m.heap.own(s, i).regs[r])
			}
		}
		for n := range s.frames[i].stack.slots {
			sl := &s.frames[i].stack.slots[n]
			if sl.isSpill() && match(&sl.spill) {
				change(&m.heap.ownStack(m.heap.own(s, i), 0).slots[n].spill)
			}
		}
	}
}
