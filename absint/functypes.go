package absint

import "github.com/cilium/ebpf/btf"

// Where the types of functions and the registers of their callers match, Linux
// trusts the types: a trampoline for such a function saves the arguments that it
// declares, and a program may replace it. Otherwise five words are saved,
// whatever they hold.

// entryMismatch tells why the program's types do not describe how it is entered,
// "" when they do.
func (m *machine) entryMismatch() string {
	p := m.prog.FuncAt(0)
	if p == nil || p.Type == nil || !m.prog.ExtInfo {
		return "there are no types of it"
	}
	s := m.promiseOf(0)
	switch {
	case s.errno != "":
		return s.said
	case s.n != 1:
		return "it is called with its context and nothing else"
	case s.params[0].kind != paramCtx:
		return "its argument is not declared as the context"
	}
	return ""
}

// promiseOf is signatureOf for functions whose verdict does not depend on it.
func (m *machine) promiseOf(fn int32) *signature {
	verdict, feature, err := m.verdict, m.feature, m.err
	s := m.signatureOf(fn)
	m.verdict, m.feature, m.err = verdict, feature, err
	return s
}

// compareTypes notes whether the registers of a call match the types of a
// function that is followed. Compilers leave out arguments of such functions, so
// this is no error.
func (m *machine) compareTypes(fn int32) {
	f := &m.funcs[fn]
	if f.mismatch != "" {
		return
	}
	p := m.prog.FuncAt(int(f.start))
	if p == nil || p.Type == nil || !m.prog.ExtInfo {
		f.mismatch = "there are no types of it"
		return
	}
	s := m.promiseOf(fn)
	if s.errno != "" {
		f.mismatch = s.said
		return
	}
	for i := range s.params[:s.n] {
		if f.mismatch = m.registerMismatch(&s.params[i], i); f.mismatch != "" {
			return
		}
	}
}

// registerMismatch tells why the register of an argument does not hold what its
// type says.
func (m *machine) registerMismatch(p *param, i int) string {
	v := m.reg(uint8(i + 1))
	switch p.kind {
	case paramScalar:
		if v.kind != kindScalar {
			return m.argumentName(i) + " is declared as a number and is not one"
		}
	case paramCtx:
		if v.kind != kindCtx || v.off != 0 {
			return m.argumentName(i) + " is declared as the context and is not it"
		}
	case paramMem:
		return m.argumentName(i) + " points to memory whose size only the caller knows"
	case paramBTF:
		if v.kind != kindBTF {
			return m.argumentName(i) + " is declared as a kernel object and is not one"
		}
	}
	return ""
}

// passesAll checks that a call passes all that the function declares: arguments
// beyond the fifth come on a stack of their own, which no instruction modelled
// here can fill. So functions whose arguments a compiler left out are refused.
func (m *machine) passesAll(fn int32) bool {
	p := m.prog.FuncAt(int(m.funcs[fn].start))
	if !m.rules.funcs.stacked || p == nil || p.Type == nil || !m.prog.ExtInfo {
		return true
	}
	proto, ok := p.Type.Type.(*btf.FuncProto)
	if !ok {
		return true
	}
	n := len(proto.Params)
	return n <= argRegs || m.fail("EFAULT", "callee expects %d args, stack arg1 is not initialized", n) != failed
}
