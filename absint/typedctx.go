package absint

import (
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/btf"
	"github.com/bpflint/bpflint/internal/linux"
)

// ctxArg is an argument of the target, or its result, as the context shows it.
type ctxArg struct {
	index  int
	param  btf.Param
	result bool
}

// accessTypedCtx reads an argument of the function or tracepoint that the
// program is attached to.
func (m *machine) accessTypedCtx(a *access, p *value) bool {
	if m.leaks(a, "ctx") {
		return false
	}
	off, ok := m.contextOffset(a, p)
	if !ok {
		return false
	}
	v, ok := m.loadArg(a, off)
	if ok && v.ref != 0 && !m.isHeld(v.ref) {
		m.fail("EACCES", "invalid bpf_context access off=%d. Reference may already be released", off)
		return false
	}
	if m.verdict == Unsupported || m.err != nil {
		return false
	}
	if !ok {
		m.fail("EACCES", "invalid bpf_context access off=%d size=%d", off, a.size)
		return false
	}
	if a.value >= 0 && !a.write {
		*m.reg(uint8(a.value)) = v
	}
	return true
}

// loadArg returns what a load from the context gives.
func (m *machine) loadArg(a *access, off int64) (value, bool) {
	if m.prog.Type != ebpf.LSM && (a.write || off%int64(a.size) != 0 || off < 0 || off >= maxTargetArgs*8) {
		return none, false
	}
	name := m.target.name
	if off%8 != 0 {
		m.say("func '%s' offset %d is not multiple of 8", name, off)
		return none, false
	}
	arg, ok := m.argAt(off)
	if !ok {
		return none, false
	}
	types := m.views.kernel
	id := types.Resolve(arg.param.Type)
	switch k := types.Kind(id); {
	case k == btf.KindEnum, k == btf.KindEnum64, k == btf.KindStruct, k == btf.KindUnion && m.rules.onlyStructs, m.isSmallInt(id):
		v := unknown()
		if arg.result && m.prog.AttachType == ebpf.AttachLSMMac && m.rules.lsmRange && m.hook.Ret.Checked {
			m.limitSigned(&v, int64(m.hook.Ret.Min), int64(m.hook.Ret.Max))
		}
		return v, true
	case k != btf.KindPointer:
		m.say("func '%s' arg%d '%s' has type %s. Only pointer access is allowed", name, arg.index, types.Name(id), k)
		return none, false
	case m.rules.argSize && a.size != 8:
		m.say("func '%s' size %d must be 8", name, a.size)
		return none, false
	}
	return m.pointerArg(&arg, id)
}

// argAt finds the argument at an offset of the context.
func (m *machine) argAt(off int64) (ctxArg, bool) {
	types, t := m.views.kernel, &m.target
	n := types.NumMembers(t.proto)
	arg := ctxArg{index: -1}
	end := int64(0)
	for i := 0; i <= n && arg.index < 0; i++ {
		id := types.Param(t.proto, i).Type
		if i == n {
			id = types.Elem(t.proto)
		}
		size, _ := types.Size(types.Resolve(id))
		if end += int64(size+7) / 8 * 8; off < end {
			arg.index = i
		}
	}
	if arg.index < 0 {
		arg.index = n + 1
	}
	n -= t.skip
	if arg.index < n {
		arg.param = types.Param(t.proto, arg.index+t.skip)
		return arg, true
	}
	arg.result = true
	arg.param.Type = types.Elem(t.proto)
	if arg.index == n {
		switch m.prog.AttachType {
		case ebpf.AttachLSMMac, ebpf.AttachLSMCgroup, ebpf.AttachTraceFExit, attachTraceSession:
			return arg, true
		case ebpf.AttachModifyReturn:
			if id := types.Resolve(arg.param.Type); !m.isSmallInt(id) {
				m.say("ret type %s not allowed for fmod_ret", types.Kind(id))
				return arg, false
			}
			return arg, true
		}
	}
	m.say("func '%s' doesn't have %d-th argument", m.target.name, arg.index+1)
	return arg, false
}

// isSmallInt reports whether a type is a whole integer of at most 8 bytes.
func (m *machine) isSmallInt(id btf.ID) bool {
	i, ok := m.views.kernel.Int(id)
	size, _ := m.views.kernel.Size(id)
	return ok && size <= 8 && i.Offset == 0 && uint32(i.Bits) == 8*size
}

// special returns what the kernel says of an argument beyond its type.
func (t *target) special(index int) (linux.TypedArgKind, bool) {
	for _, a := range t.args {
		if int(a.Index) == index {
			return a.Kind, true
		}
	}
	return 0, false
}

// pointerArg is an argument that is a pointer.
func (m *machine) pointerArg(arg *ctxArg, ptr btf.ID) (value, bool) {
	types, name := m.views.kernel, m.target.name
	kind, special := m.target.special(arg.index)
	if special && kind == linux.ArgReadBufOrNull || kind == linux.ArgWriteBufOrNull {
		v := pointer(kindBuf)
		v.flags, v.id = flagMaybeNull, m.newID()
		if kind == linux.ArgReadBufOrNull {
			v.flags |= flagReadOnly
		}
		return v, true
	}
	if m.prog.Type == ebpf.StructOps {
		if as, ok := linux.OpsArgument(m.prog.AttachTo, arg.index); ok {
			t, ok := m.findStruct(as)
			return typedPointer(t, flagTrusted), ok
		}
	}
	id, tags := types.Pointee(ptr)
	composite := types.Kind(id).IsComposite()
	if m.rules.onlyStructs && !composite || !m.rules.onlyStructs && (types.Elem(ptr) == 0 || types.Kind(id) == btf.KindInt) {
		return unknown(), true
	}
	if !composite {
		m.say("func '%s' arg%d type %s is not a struct", name, arg.index, types.Kind(id))
		return none, false
	}
	var f flags
	if m.target.trust {
		f |= flagTrusted
	}
	if special {
		switch kind {
		case linux.ArgNumber:
			return unknown(), true
		case linux.ArgNullable:
			f |= flagMaybeNull
		case linux.ArgPlain:
			f = 0
		case linux.ArgPlainOrNull:
			f = flagMaybeNull
		}
	} else if m.rules.trust && strings.HasSuffix(arg.param.Name, "__nullable") {
		f |= flagMaybeNull
	}
	f |= tagFlags(&btf.Field{Tags: tags &^ btf.TagRCU})
	v := typedPointer(kernelType(m.asArgument(id, f)), f)
	if kind == linux.ArgRef {
		v.ref = m.target.refs[arg.index]
		v.id = v.ref
	}
	if v.mayNull() {
		v.id = m.newID()
	}
	return v, true
}

// asArgument returns the type that an argument has for the program: congestion
// control gets its sockets as those of TCP.
func (m *machine) asArgument(id btf.ID, f flags) btf.ID {
	if m.prog.Type != ebpf.StructOps || !strings.HasPrefix(m.prog.AttachTo, "tcp_congestion_ops:") ||
		f&^flagTrusted != 0 || m.views.kernel.Name(id) != "sock" {
		return id
	}
	if tcp, ok := m.views.kernel.Find(btf.KindStruct, "tcp_sock"); ok {
		return tcp
	}
	return id
}

// holdArguments takes note of the references that the program is handed.
func (m *machine) holdArguments() bool {
	for _, a := range m.target.args {
		if a.Kind != linux.ArgRef {
			continue
		}
		if m.target.refs[a.Index] = m.acquire(); m.target.refs[a.Index] == 0 {
			return false
		}
	}
	return true
}
