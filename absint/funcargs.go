package absint

import (
	"fmt"

	"github.com/bpflint/bpflint/internal/linux"
)

// enterArguments gives a function that is verified alone the arguments that its
// types promise.
func (m *machine) enterArguments(s *signature) bool {
	if s.errno != "" {
		m.fail(s.errno, "%s", s.said)
		return false
	}
	for i := range s.params[:s.n] {
		p, r := &s.params[i], m.reg(uint8(i+1))
		switch p.kind {
		case paramScalar, paramArena:
			*r = unknown()
		case paramCtx:
			*r = pointer(kindCtx)
		case paramMem:
			*r = pointer(kindMem)
			r.flags, r.size = p.flags, p.size
			if p.flags&flagMaybeNull != 0 || !m.rules.funcs.regs {
				r.id = m.newID()
			}
		case paramDynptr:
			*r = m.localDynptr()
		case paramBTF:
			*r = typedPointer(p.typ, p.flags)
			r.id = m.newID()
		}
	}
	return true
}

// localDynptr is a dynptr that a function gets, of memory of the program.
func (m *machine) localDynptr() value {
	v := pointer(kindDynptr)
	v.size, v.id = uint32(dynptrLocal), m.newID()
	return v
}

// callGlobal checks a call of a function that is verified alone, and takes what
// it does to the caller from its type.
func (m *machine) callGlobal(fn int32) outcome {
	f := &m.funcs[fn]
	errno := m.argumentsFit(fn)
	if m.verdict == Unsupported || m.err != nil || errno == "EFAULT" || !m.mayCallGlobal(f) {
		return failed
	}
	if errno != "" {
		if m.rules.funcs.lazy {
			return m.fail(errno, "Caller passes invalid args into func#%d ('%s')", fn, f.name)
		}
		return m.fail(errno, "Caller passes invalid args into func#%d", fn)
	}
	if m.rules.funcs.lazy {
		m.logText("Func#%d ('%s') is global and assumed valid.", fn, f.name)
	} else {
		m.logText("Func#%d is global and valid. Skipping.", fn)
	}
	f.called = true
	if f.effects.packet && m.rules.funcs.packet {
		m.voidPackets()
	}
	clobber(m.top)
	if !f.sig.void {
		*m.reg(0) = unknown()
	}
	if f.effects.throws && m.rules.kfuncs.globalThrows {
		if m.fork(m.here()+1) == nil {
			m.say("failed to push state for global subprog exception path")
			return failed
		}
		return m.unwind()
	}
	return next
}

// mayCallGlobal checks that the path is where global functions may be called.
func (m *machine) mayCallGlobal(f *function) bool {
	const useStatic = "use static function instead"
	switch {
	case m.cur.locks > 0:
		m.say("global function calls are not allowed while holding a lock,")
		m.fail("EINVAL", useStatic)
	case m.cur.sections.preempt > 0 && !m.rules.funcs.sleep:
		m.say("global function calls are not allowed with preemption disabled,")
		m.fail("EINVAL", useStatic)
	case f.effects.sleep && m.rules.funcs.sleep && (m.noSleep() != "" || !m.sleepable()):
		m.sleepyGlobal(f)
	default:
		return true
	}
	return false
}

func (m *machine) sleepyGlobal(f *function) {
	if !m.rules.mergedSleep {
		m.say("global functions that may sleep are not allowed in non-sleepable context,")
		m.say("i.e., in a RCU/IRQ/preempt-disabled section, or in")
		m.fail("EINVAL", "a non-sleepable BPF program context")
		return
	}
	where := m.noSleep()
	if where == "" {
		where = "non-sleepable prog"
	}
	m.fail("EINVAL", "sleepable global function %s() called in %s", f.name, where)
}

// argumentsFit checks the arguments of a call against the callee's types. It
// returns the errno of what does not fit.
func (m *machine) argumentsFit(fn int32) string {
	s := m.signatureOf(fn)
	if s.errno != "" {
		m.fail(s.errno, "%s", s.said)
		return s.errno
	}
	for i := range s.params[:s.n] {
		if errno := m.argumentFits(&m.funcs[fn], &s.params[i], i); errno != "" {
			return errno
		}
	}
	return ""
}

func (m *machine) argumentFits(f *function, p *param, i int) string {
	r := uint8(i + 1)
	v := m.reg(r)
	switch p.kind {
	case paramScalar:
		if v.kind != kindScalar {
			m.say("R%d is not a scalar", r)
			return "EINVAL"
		}
	case paramCtx:
		if !m.offsetFits(r, v) {
			return m.errno
		}
		if v.kind != kindCtx {
			m.say("%s expects pointer to ctx", m.argumentName(i))
			return "EINVAL"
		}
	case paramMem:
		if p.flags&flagUntrusted == 0 {
			return m.memoryFits(f, p, i)
		}
	case paramArena:
		if v.kind != kindArena && v.kind != kindScalar {
			m.say("R%d is not a pointer to arena or scalar.", r)
			return "EINVAL"
		}
	case paramDynptr:
		var got dynptrRef
		if !m.offsetFits(r, v) || !m.dynptrArg(i, dynptrUse{readOnly: true}, &got) {
			return m.errno
		}
	case paramBTF:
		if p.flags&flagUntrusted == 0 && !m.objectFits(p, r) {
			return m.errno
		}
	}
	return ""
}

// objectFits checks that an argument points to an object of the type.
func (m *machine) objectFits(p *param, r uint8) bool {
	mayNull := p.flags&flagMaybeNull != 0
	if mayNull && m.reg(r).isNull() {
		return true
	}
	arg := linux.Arg{Kind: linux.ArgBTFID, Type: p.name}
	if mayNull {
		arg.Flags |= linux.ArgMaybeNull
	}
	c := helperCall{Helper: &linux.Helper{}, mapi: -1}
	return m.argumentType(&c, &arg, arg.Kind, r) && m.offsetFits(r, m.reg(r))
}

// argumentName names the i-th argument in messages.
func (m *machine) argumentName(i int) string {
	if m.rules.funcs.regs {
		return fmt.Sprintf("R%d", i+1)
	}
	return fmt.Sprintf("arg#%d", i)
}

// memoryFits checks that an argument points to as much memory as the callee
// may read and write.
func (m *machine) memoryFits(f *function, p *param, i int) string {
	r := uint8(i + 1)
	v := m.reg(r)
	if !m.offsetFits(r, v) {
		return m.errno
	}
	mayNull := v.mayNull()
	if !v.isNull() {
		v.flags &^= flagMaybeNull
		fits := m.helperMemory(nil, r, int32(p.size), false, true) && m.helperMemory(nil, r, int32(p.size), true, true)
		if mayNull {
			v.flags |= flagMaybeNull
		}
		if !fits {
			return "EINVAL"
		}
	}
	if f.effects.packet && m.rules.funcs.regs && v.kind.isAnyPacket() {
		m.say("R%d is a packet pointer, but func#%d may change packet data", r, m.indexOf(f))
		return "EINVAL"
	}
	if p.flags&flagMaybeNull == 0 && (mayNull || m.rules.funcs.regs && v.isNull()) {
		m.say("%s is expected to be non-NULL", m.argumentName(i))
		return "EINVAL"
	}
	return ""
}

func (m *machine) indexOf(f *function) int32 { return m.graph.FuncAt(f.start) }

// needs words what callers must pass.
func (s *signature) needs() []string {
	var list []string
	for i := range s.params[:min(s.n, argRegs)] {
		list = append(list, s.params[i].String())
	}
	return list
}

// String says what an argument must be.
func (p *param) String() string {
	text := [...]string{
		paramScalar: "number", paramCtx: "context", paramMem: "memory", paramDynptr: "dynptr",
		paramBTF: "kernel object", paramArena: "arena",
	}[p.kind]
	if p.kind == paramMem && p.flags&flagUntrusted == 0 {
		text = fmt.Sprintf("%d bytes of memory", p.size)
	}
	if p.flags&flagTrusted != 0 {
		text = "trusted " + text
	}
	if p.flags&flagUntrusted != 0 {
		text = "untrusted " + text
	}
	if p.flags&flagMaybeNull != 0 {
		text += " or null"
	}
	return text
}
