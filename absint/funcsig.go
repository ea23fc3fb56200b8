package absint

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/internal/linux"
)

// signature is what BTF says of a function's arguments: what it may rely on
// when it is verified alone, and what its callers must pass.
type signature struct {
	params [argRegs]param
	n      int
	void   bool
	// When the types do not tell, errno is set and said is what the kernel
	// says of it.
	errno string
	said  string
}

// param is one argument of a function.
type param struct {
	kind  paramKind
	flags flags
	size  uint32  // paramMem: bytes
	typ   typeRef // paramBTF
	name  string  // paramBTF: of the type
}

type paramKind uint8

const (
	paramScalar paramKind = iota
	paramCtx
	paramMem
	paramDynptr
	paramBTF
	paramArena
)

// argTags are the declaration tags "arg:..." of one argument.
type argTags uint8

const (
	tagCtx argTags = 1 << iota
	tagTrusted
	tagUntrusted
	tagNonNull
	tagNullable
	tagArena
)

// tagNames spells the tags, with the kernel that brought each.
var tagNames = []struct {
	tag   argTags
	name  string
	since linux.Feature
}{
	{tagCtx, "ctx", linux.FuncTags},
	{tagNonNull, "nonnull", linux.FuncTags},
	{tagTrusted, "trusted", linux.FuncTrusted},
	{tagNullable, "nullable", linux.FuncTrusted},
	{tagArena, "arena", linux.FuncTrusted},
	{tagUntrusted, "untrusted", linux.FuncUntrusted},
}

// signatureOf returns the signature of a global function.
func (m *machine) signatureOf(fn int32) *signature {
	f := &m.funcs[fn]
	if f.sig == nil {
		f.sig = new(signature)
		m.readSignature(f)
	}
	return f.sig
}

func (s *signature) fail(errno, format string, args ...any) {
	s.errno, s.said = errno, fmt.Sprintf(format, args...)
}

func (m *machine) readSignature(f *function) {
	s := f.sig
	typ := m.prog.FuncAt(int(f.start)).Type
	proto, ok := typ.Type.(*btf.FuncProto)
	if !ok {
		s.fail("EFAULT", "Invalid type of function %s()", f.name)
		return
	}
	if s.n = len(proto.Params); s.n > argRegs {
		if m.rules.funcs.regs {
			s.fail("EINVAL", "global function %s has %d > %d args, stack args not supported", f.name, s.n, argRegs)
		} else {
			s.fail("EINVAL", "Global function %s() with %d > %d args. Buggy compiler.", f.name, s.n, argRegs)
		}
		return
	}
	if !m.checkReturn(s, f.name, proto.Return) {
		return
	}
	for i := 0; i < s.n && s.errno == ""; i++ {
		var tags []string
		if i < len(typ.ParamTags) {
			tags = typ.ParamTags[i]
		}
		m.readParam(s, f.name, i, proto.Params[i].Type, tags)
	}
}

func (m *machine) checkReturn(s *signature, name string, t btf.Type) bool {
	switch u := btf.UnderlyingType(t).(type) {
	case *btf.Int, *btf.Enum:
		return true
	case *btf.Void:
		s.void = true
	case *btf.Pointer:
		if m.rules.funcs.void && hasTypeTag(u, "arena") {
			m.unsupported("arena")
			return true
		}
	}
	switch {
	case !m.rules.funcs.void:
		s.fail("EINVAL", "Global function %s() doesn't return scalar. Only those are supported.", name)
	case !s.void:
		s.fail("EOPNOTSUPP", "Global function %s() return value not void or scalar. Only those are supported.", name)
	}
	return s.errno == ""
}

// hasTypeTag looks for a tag of what a pointer points to.
func hasTypeTag(p *btf.Pointer, name string) bool {
	for t := p.Target; ; {
		switch v := t.(type) {
		case *btf.TypeTag:
			if v.Value == name {
				return true
			}
			t = v.Type
		case *btf.Const:
			t = v.Type
		case *btf.Volatile:
			t = v.Type
		case *btf.Restrict:
			t = v.Type
		default:
			return false
		}
	}
}

func (m *machine) readTags(s *signature, i int, list []string) argTags {
	var tags argTags
	if !m.rules.funcs.tags {
		return 0
	}
	for _, text := range list {
		name, ok := strings.CutPrefix(text, "arg:")
		if !ok {
			continue
		}
		tag := m.tagNamed(name)
		if tag == 0 {
			s.fail("EOPNOTSUPP", "arg#%d has unsupported set of tags", i)
		}
		tags |= tag
	}
	return tags
}

// tagNamed returns 0 for a tag that the target kernel does not know.
func (m *machine) tagNamed(name string) argTags {
	for _, row := range tagNames {
		if row.name == name && m.prog.Target.Kernel.Has(row.since) {
			return row.tag
		}
	}
	return 0
}

// readParam finds out what the i-th argument is.
func (m *machine) readParam(s *signature, fn string, i int, typ btf.Type, list []string) {
	tags := m.readTags(s, i, list)
	if s.errno != "" {
		return
	}
	p := &s.params[i]
	switch t := btf.UnderlyingType(typ).(type) {
	case *btf.Pointer:
		if m.rules.funcs.void && hasTypeTag(t, "arena") {
			tags |= tagArena
		}
		m.readPointer(s, p, fn, i, t, tags)
	case *btf.Int, *btf.Enum:
		if tags != 0 {
			s.fail("EINVAL", "arg#%d has pointer tag, but is not a pointer type", i)
		}
		p.kind = paramScalar
	default:
		if tags != 0 {
			s.fail("EINVAL", "arg#%d has pointer tag, but is not a pointer type", i)
			return
		}
		s.fail("EINVAL", "Arg#%d type %s in %s() is not supported yet.", i, btfKind(t), fn)
	}
}

func (m *machine) readPointer(s *signature, p *param, fn string, i int, t *btf.Pointer, tags argTags) {
	invalid := func() { s.fail("EINVAL", "arg#%d has invalid combination of tags", i) }
	switch {
	case tags&tagCtx != 0 || m.isContext(t):
		p.kind = paramCtx
		if tags&^tagCtx != 0 {
			invalid()
		} else if tags != 0 {
			m.checkContext(s, i, t)
		}
	case m.rules.funcs.tags && isDynptr(t):
		p.kind = paramDynptr
		if tags != 0 {
			invalid()
		}
	case tags&tagTrusted != 0:
		p.kind, p.flags = paramBTF, flagTrusted
		if tags&tagNullable != 0 {
			p.flags |= flagMaybeNull
		}
		if tags&tagNonNull != 0 {
			invalid()
		} else {
			m.paramType(s, p, i, t)
		}
	case tags&tagUntrusted != 0:
		m.readUntrusted(s, p, i, t, tags)
	case tags&tagArena != 0:
		p.kind = paramArena
		if tags != tagArena {
			s.fail("EINVAL", "arg#%d arena cannot be combined with any other tags", i)
		}
	case tags&tagNullable != 0:
		invalid()
	case !m.rules.funcs.memory:
		s.fail("EINVAL", "Arg#%d type %s in %s() is not supported yet.", i, btfKind(t), fn)
	default:
		p.kind = paramMem
		if tags&tagNonNull == 0 {
			p.flags = flagMaybeNull
		}
		target := btf.UnderlyingType(t.Target)
		size, ok := sizeOf(target)
		if !ok {
			s.fail("EINVAL", "arg#%d reference type('%s %s') size cannot be determined: -22", i, btfKind(target), target.TypeName())
		}
		p.size = size
	}
}

// readUntrusted: what is behind such a pointer is read with care, so that its
// size does not matter.
func (m *machine) readUntrusted(s *signature, p *param, i int, t *btf.Pointer, tags argTags) {
	if tags != tagUntrusted {
		s.fail("EINVAL", "arg#%d untrusted cannot be combined with any other tags", i)
		return
	}
	switch btf.UnderlyingType(t.Target).(type) {
	case *btf.Void, *btf.Int, *btf.Enum:
		p.kind, p.flags = paramMem, flagReadOnly|flagUntrusted
	default:
		p.kind, p.flags = paramBTF, flagUntrusted
		m.paramType(s, p, i, t)
	}
}

// paramType finds the kernel's type of the same name as what t points to.
func (m *machine) paramType(s *signature, p *param, i int, t *btf.Pointer) {
	target := btf.UnderlyingType(t.Target)
	p.name, _, _ = strings.Cut(target.TypeName(), "___")
	var ok bool
	switch target.(type) {
	case *btf.Struct:
		p.typ, ok = m.findStruct(p.name)
	case *btf.Fwd, *btf.Union:
		m.unsupported("union as typed argument")
		return
	default:
		m.unsupported("typed argument that is no struct")
		return
	}
	if !ok && m.verdict != Unsupported && m.err == nil {
		s.fail("ENOENT", "arg#%d reference type('%s %s') has no matches", i, btfKind(target), target.TypeName())
	}
}

// isContext reports whether t is a pointer to the type that programs of this
// type give their context. Names are compared and nothing else.
func (m *machine) isContext(t *btf.Pointer) bool {
	name := linux.ContextTypeName(uint32(m.prog.Type))
	if m.prog.Type == ebpf.Kprobe && m.rules.funcs.typedef && isTypedef(t.Target, name) {
		return true
	}
	s := structName(t.Target)
	if name == "" || s == "" {
		return false
	}
	return s == name || m.prog.Type == ebpf.Kprobe && s == "pt_regs" ||
		m.rules.funcs.buffers && s == linux.KernelContext(name)
}

// checkContext checks the type of an argument that is tagged as the context.
func (m *machine) checkContext(s *signature, i int, t *btf.Pointer) {
	name := linux.ContextTypeName(uint32(m.prog.Type))
	target := btf.UnderlyingType(t.Target)
	if m.takesContext(t.Target, target) {
		return
	}
	switch {
	case target.TypeName() == "":
		s.fail("EINVAL", "arg#%d type doesn't have a name", i)
	case name == "":
		s.fail("EINVAL", "arg#%d should be void pointer", i)
	default:
		if m.prog.Type == ebpf.Kprobe {
			name = "pt_regs"
		}
		s.fail("EINVAL", "arg#%d should be `struct %s *`", i, name)
	}
}

// takesContext tells which types an argument with the tag may point to.
func (m *machine) takesContext(declared, target btf.Type) bool {
	if _, void := target.(*btf.Void); void {
		return true
	}
	name := structName(target)
	n, isInt := target.(*btf.Int)
	word := isInt && n.Size == 8
	switch m.prog.Type {
	case ebpf.Kprobe, ebpf.PerfEvent:
		if isTypedef(declared, "bpf_user_pt_regs_t") || name == "pt_regs" {
			return true
		}
	case ebpf.RawTracepoint, ebpf.RawTracepointWritable, ebpf.LSM, ebpf.StructOps:
		if word {
			return true
		}
	case ebpf.Tracing:
		switch m.prog.AttachType {
		case ebpf.AttachTraceRawTp:
			return word || name == "bpf_raw_tracepoint_args"
		case ebpf.AttachTraceIter:
			return strings.HasPrefix(name, "bpf_iter__")
		case ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit, ebpf.AttachModifyReturn:
			return word
		}
	case ebpf.TracePoint, ebpf.Syscall, ebpf.Extension:
		return target.TypeName() != ""
	}
	return name != "" && name == linux.ContextTypeName(uint32(m.prog.Type))
}

// isTypedef reports whether t, qualifiers aside, is the typedef of a name.
func isTypedef(t btf.Type, name string) bool {
	for {
		switch v := t.(type) {
		case *btf.Const:
			t = v.Type
		case *btf.Volatile:
			t = v.Type
		case *btf.Restrict:
			t = v.Type
		case *btf.TypeTag:
			t = v.Type
		case *btf.Typedef:
			return v.Name == name
		default:
			return false
		}
	}
}

// structName returns the name of a struct or union, empty for other types.
func structName(t btf.Type) string {
	switch v := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		return v.Name
	case *btf.Union:
		return v.Name
	}
	return ""
}

func isDynptr(t *btf.Pointer) bool {
	switch v := btf.UnderlyingType(t.Target).(type) {
	case *btf.Struct:
		return v.Name == "bpf_dynptr"
	case *btf.Fwd:
		return v.Kind == btf.FwdStruct && v.Name == "bpf_dynptr"
	}
	return false
}

// sizeOf returns the size of a type that memory can have.
func sizeOf(t btf.Type) (uint32, bool) {
	switch v := t.(type) {
	case *btf.Void, *btf.Fwd, *btf.Func, *btf.FuncProto, *btf.Datasec, *btf.Var:
		return 0, false
	case *btf.Array:
		n, ok := sizeOf(btf.UnderlyingType(v.Type))
		return n * v.Nelems, ok
	}
	n, err := btf.Sizeof(t)
	return uint32(n), err == nil
}

// btfKind spells the kind of a type as the kernel's messages do.
func btfKind(t btf.Type) string {
	switch t.(type) {
	case *btf.Void:
		return "UNKNOWN"
	case *btf.Int:
		return "INT"
	case *btf.Pointer:
		return "PTR"
	case *btf.Array:
		return "ARRAY"
	case *btf.Struct:
		return "STRUCT"
	case *btf.Union:
		return "UNION"
	case *btf.Enum:
		return "ENUM"
	case *btf.Fwd:
		return "FWD"
	case *btf.Func:
		return "FUNC"
	case *btf.FuncProto:
		return "FUNC_PROTO"
	case *btf.Float:
		return "FLOAT"
	}
	return "UNKNOWN"
}
