package absint

import (
	"github.com/bpflint/bpflint/internal/linux"
)

// function is one subprogram.
type function struct {
	name   string
	start  int32
	global bool // verified on its own, its callers trust its type
	stack  int  // bytes that it was seen to use
	fast   fastCalls
	cost   int // instructions of it that were processed

	mismatch string // why its types do not tell what it is called with

	callback bool // something calls it back
	later    bool // ... on a stack of its own

	// Of global functions.
	called  bool // a call was explored
	proved  bool
	sig     *signature // nil until it is asked for
	effects effects
}

// Func says how a function was proved.
type Func struct {
	Name string
	// Alone says that the function was verified once, for all arguments that
	// match its prototype; the others are explored as part of their callers.
	Alone bool
	// Reached is false for a function that no explored path calls.
	Reached bool
	Insns   int // processed in the function itself, not in what it calls
	// Needs says what callers of a function that is verified alone must pass,
	// one text for each argument.
	Needs []string
	// Mismatch says why the types of a reached function do not describe what it
	// is called with; "" when they do.
	Mismatch string

	effects effects
	catches bool // it is the program's callback for exceptions
}

// funcRules says how the target kernel treats functions.
type funcRules struct {
	lazy    bool // global functions are verified after the program, when called
	tags    bool // declaration tags qualify arguments
	memory  bool // arguments may point to memory
	typedef bool // the typedef of a kprobe's context is known
	buffers bool // the kernel's own types of contexts are known
	void    bool // global functions may return nothing
	packet  bool // calls of functions that change the packet void its pointers
	sleep   bool // ... that may sleep are checked
	locked  bool // functions that are followed may be called with a lock held
	regs    bool // messages name registers, not arguments
	aborts  bool // packet loads that fail in a function return to its caller
	stacked bool // arguments beyond the fifth are passed on a stack of their own
}

func funcRulesFor(v linux.Release) funcRules {
	return funcRules{
		lazy:    v.Has(linux.FuncLazy),
		tags:    v.Has(linux.FuncTags),
		memory:  v.Has(linux.FuncMemory),
		typedef: v.Has(linux.FuncTypedefs),
		buffers: v.Has(linux.FuncBuffers),
		void:    v.Has(linux.FuncVoid),
		packet:  v.Has(linux.FuncPacket),
		sleep:   v.Has(linux.FuncSleep),
		locked:  v.Has(linux.FuncLocked),
		regs:    v.Has(linux.FuncRegisters),
		aborts:  v.Has(linux.FuncAborts),
		stacked: v.Has(linux.FuncStackArgs),
	}
}

// firstFunction returns the function that is verified first.
func (m *machine) firstFunction() int32 {
	if m.rules.funcs.lazy {
		return 0
	}
	return m.functionAfter(0)
}

// functionAfter returns the function that is verified after fn, -1 when all
// are. Kernels that do so lazily go round the global functions until no call
// of an unverified one was found; others take all of them and the program last.
func (m *machine) functionAfter(fn int32) int32 {
	n := int32(len(m.funcs))
	if !m.rules.funcs.lazy {
		for i := fn + 1; i < n; i++ {
			if m.funcs[i].global {
				return i
			}
		}
		if m.funcs[0].proved {
			return -1
		}
		return 0
	}
	for i := int32(1); i < n; i++ {
		next := (fn + i) % n
		if f := &m.funcs[next]; next != 0 && f.called && !f.proved {
			return next
		}
	}
	if f := &m.funcs[fn]; f.called && !f.proved {
		return fn
	}
	return -1
}

// begin sets up the state in which a function that is verified alone starts.
// What was remembered of others is of no use to it.
func (m *machine) begin(fn int32) bool {
	f := &m.funcs[fn]
	m.entry = fn
	m.forgetAll()
	m.cur = state{prev: -1, first: f.start, insn: f.start, sleeps: m.programSleeps()}
	m.top = m.newFrame(fn, -1)
	m.top.act = m.chains.root(fn)
	m.cur.frames[0] = m.top
	m.resumed = true
	m.trace.steps = m.trace.steps[:0]
	if fn == 0 && m.replaces.of == nil {
		*m.reg(1) = pointer(kindCtx)
		return m.holdArguments()
	}
	m.logText("Validating %s() func#%d...", f.name, fn)
	return m.enterArguments(m.signatureOf(fn))
}

// forgetAll drops all remembered states.
func (m *machine) forgetAll() {
	for i := range m.seen {
		for m.seen[i] != nil {
			m.evict(&m.seen[i])
		}
	}
}

// charge counts what was processed since the last time for the present
// function. It is called before another one goes on.
func (m *machine) charge() {
	m.funcs[m.top.fn].cost += m.processed - m.charged
	m.charged = m.processed
}

// functionResults describes all functions.
func (m *machine) functionResults() []Func {
	if len(m.funcs) > 0 && m.replaces.of == nil {
		m.funcs[0].mismatch = m.entryMismatch()
	}
	list := make([]Func, len(m.funcs))
	for i := range m.funcs {
		f := &m.funcs[i]
		list[i] = Func{
			Name: f.name, Alone: i == 0 || f.global, Insns: f.cost,
			Reached: f.cost > 0 || f.called, Mismatch: f.mismatch,
			effects: f.effects, catches: f.name == m.exceptionCallback() && f.name != "",
		}
		if f.sig != nil && f.global && i > 0 {
			list[i].Needs = m.signatureOf(int32(i)).needs()
		}
	}
	return list
}
