package absint

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// replacement is what an extension program stands for.
type replacement struct {
	of      *prog.Replaced // nil for other programs
	effects effects        // of the function that it replaces
}

// attachReplacement checks that an extension may replace its function. From
// then on it is a program of the type that has the function, but for its
// arguments.
func (m *machine) attachReplacement() bool {
	of := m.prog.Replaces
	p := of.Program
	switch p.Type {
	case ebpf.Tracing, ebpf.LSM, ebpf.StructOps:
		return m.unsupported("extensions of typed programs") != failed
	}
	f, ok := m.proveReplaced(of)
	if !ok {
		return false
	}
	name := p.Funcs[of.Func].Name
	switch {
	case f.catches:
		m.fail("EINVAL", "Extension programs cannot attach to exception callback")
	case f.Mismatch != "":
		m.fail("EINVAL", "Cannot replace static functions")
	case !m.sameFunction(m.prog.FuncAt(0).Type, p.Funcs[of.Func].Type, name):
	default:
		own := *m.prog
		own.Type, own.AttachType, own.AttachTo = p.Type, p.AttachType, p.AttachTo
		m.prog, m.hook = &own, newHook(&own)
		m.replaces = replacement{of, f.effects}
		return true
	}
	return false
}

// proveReplaced explores the program that holds the function: it must be loaded
// before it can be extended.
func (m *machine) proveReplaced(of *prog.Replaced) (*Func, bool) {
	p := of.Program
	g, err := cfg.Build(p.Insns, cfg.Options{})
	if err != nil {
		m.err = fmt.Errorf("target program %s: %w", p.Name, err)
		return nil, false
	}
	res, err := Verify(p, g, Options{Context: m.opts.Context})
	switch {
	case err != nil:
		m.err = fmt.Errorf("target program %s: %w", p.Name, err)
	case res.Verdict == Unsupported:
		m.unsupported(res.Feature)
	case res.Verdict == Reject:
		m.err = fmt.Errorf("target program %s is refused: %s", p.Name, res.Message)
	default:
		return &res.Funcs[g.FuncAt(int32(p.Funcs[of.Func].Start))], true
	}
	return nil, false
}

// replacesInFull checks that a replacement does nothing to the callers of the
// original that they do not expect.
func (m *machine) replacesInFull() bool {
	v, own := m.prog.Target.Release(), m.funcs[0].effects
	switch {
	case m.replaces.of == nil:
		return true
	case own.packet && !m.replaces.effects.packet && v.Has(linux.FuncPacket):
		m.fail("EINVAL", "Extension program changes packet data, while original does not")
	case own.sleep && !m.replaces.effects.sleep && v.Has(linux.FuncSleep):
		m.fail("EINVAL", "Extension program may sleep, while original does not")
	default:
		return true
	}
	return false
}

// sameFunction compares the type of a replacement with that of the original.
func (m *machine) sameFunction(own, of *btf.Func, name string) bool {
	if own == nil {
		return m.failErrno("EINVAL") != failed
	}
	a, b := own.Type.(*btf.FuncProto), of.Type.(*btf.FuncProto)
	result, wants := btf.UnderlyingType(a.Return), btf.UnderlyingType(b.Return)
	switch {
	case own.Linkage != btf.GlobalFunc:
		m.fail("EINVAL", "%s() is not a global function", own.Name)
	case of.Linkage != btf.GlobalFunc:
		m.fail("EINVAL", "%s() is not a global function", name)
	case len(a.Params) != len(b.Params):
		m.fail("EINVAL", "%s() has %d args while %s() has %d args", own.Name, len(a.Params), name, len(b.Params))
	case !sameInfo(result, wants):
		m.fail("EINVAL", "Return type %s of %s() doesn't match type %s of %s()", btfKind(result), own.Name, btfKind(wants), name)
	default:
		for i := range a.Params {
			if !m.sameParam(i, own.Name, name, btf.UnderlyingType(a.Params[i].Type), btf.UnderlyingType(b.Params[i].Type)) {
				return false
			}
		}
		return true
	}
	return false
}

// sameParam compares the i-th parameters.
func (m *machine) sameParam(i int, own, of string, a, b btf.Type) bool {
	fail := func(format string, args ...any) bool { return m.fail("EINVAL", format, args...) != failed }
	if !sameInfo(a, b) {
		return fail("arg%d in %s() is %s while %s() has %s", i, own, btfKind(a), of, btfKind(b))
	}
	switch t := a.(type) {
	case *btf.Int, *btf.Enum:
		if n, _ := sizeOf(a); n != mustSize(b) {
			return fail("arg%d in %s() has size %d while %s() has %d", i, own, n, of, mustSize(b))
		}
		return true
	case *btf.Pointer:
		s, z := btf.UnderlyingType(t.Target), btf.UnderlyingType(b.(*btf.Pointer).Target)
		switch {
		case !isComposite(s):
			return fail("arg%d in %s() is not a pointer to context", i, own)
		case !isComposite(z):
			return fail("arg%d in %s() is not a pointer to context", i, of)
		case s.TypeName() != z.TypeName():
			return fail("arg%d %s(struct %s *) doesn't match %s(struct %s *)", i, own, s.TypeName(), of, z.TypeName())
		}
		return true
	}
	return fail("arg%d in %s() has unrecognized type", i, own)
}

func mustSize(t btf.Type) uint32 {
	n, _ := sizeOf(t)
	return n
}

func isComposite(t btf.Type) bool {
	switch t.(type) {
	case *btf.Struct, *btf.Union:
		return true
	}
	return false
}

// sameInfo compares what the kernel keeps in one word: the kind, and how many
// members there are.
func sameInfo(a, b btf.Type) bool {
	if btfKind(a) != btfKind(b) {
		return false
	}
	if x, ok := a.(*btf.Enum); ok {
		y := b.(*btf.Enum)
		return len(x.Values) == len(y.Values) && x.Signed == y.Signed
	}
	return true
}
