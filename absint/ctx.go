package absint

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/internal/linux"
)

// contextKinds are what loads of the context's fields give.
var contextKinds = [...]struct {
	kind  kind
	flags flags
}{
	linux.CtxScalar:           {kindScalar, 0},
	linux.CtxPacket:           {kindPacket, 0},
	linux.CtxPacketMeta:       {kindPacketMeta, 0},
	linux.CtxPacketEnd:        {kindPacketEnd, 0},
	linux.CtxSock:             {kindSocket, 0},
	linux.CtxSockOrNull:       {kindSocket, flagMaybeNull},
	linux.CtxSockCommonOrNull: {kindSockCommon, flagMaybeNull},
	linux.CtxXDPSock:          {kindXDPSock, 0},
	linux.CtxFlowKeys:         {kindFlowKeys, 0},
	linux.CtxTPBuffer:         {kindTPBuffer, 0},
	linux.CtxSkBuff:           {kindBTF, flagTrusted},
	linux.CtxHookState:        {kindBTF, flagTrusted},
}

// contextStructs name the types of typed fields.
var contextStructs = map[linux.ContextType]string{linux.CtxSkBuff: "sk_buff", linux.CtxHookState: "nf_hook_state"}

// accessCtx reads or writes the program's context.
func (m *machine) accessCtx(a *access, p *value) bool {
	if m.hook.context == nil {
		return m.accessTypedCtx(a, p)
	}
	if m.leaks(a, "ctx") {
		return false
	}
	off, ok := m.contextOffset(a, p)
	if !ok {
		return false
	}
	use, typ := m.hook.context.Access(off, uint8(a.size))
	if m.varCtx() && off+int64(a.size) <= maxVarCtx {
		use, typ = linux.ContextRead|linux.ContextWrite, linux.CtxScalar
	}
	if m.prog.Type == ebpf.TracePoint && off < 0 && off%int64(a.size) == 0 {
		// Linux takes the offset for a huge number where it looks for the
		// hidden header, and for a negative one where it looks for the end.
		use, typ = linux.ContextRead, linux.CtxScalar
	}
	if a.sx && contextKinds[typ].kind.isAnyPacket() {
		use = 0 // sign extension would leave half a pointer
	}
	if !m.hook.caps.Has(linux.CapsForContext(uint32(m.prog.Type), off, a.write)) {
		use = 0
	}
	need := linux.ContextRead
	if a.write {
		need = linux.ContextWrite
		if m.prog.Type == ebpf.Kprobe && !m.configured("CONFIG_KPROBES") {
			use = 0 // registers can be set where probes can
		}
	}
	if use&need == 0 {
		m.fail("EACCES", "invalid bpf_context access off=%d size=%d", off, a.size)
		return false
	}
	if a.write || a.value < 0 {
		return true
	}
	dst := m.reg(uint8(a.value))
	switch k := contextKinds[typ]; k.kind {
	case kindScalar:
		*dst = unknown()
	case kindBTF:
		t, ok := m.findStruct(contextStructs[typ])
		if !ok {
			m.unsupported("typed context without the kernel's BTF")
			return false
		}
		*dst = typedPointer(t, k.flags)
	default:
		*dst = pointer(k.kind)
		dst.flags = k.flags
		if dst.mayNull() {
			dst.id = m.newID()
		}
	}
	return true
}

// configured reports whether the target kernel was built with an option. Of a
// kernel about which nothing is known it is assumed.
func (m *machine) configured(option string) bool {
	config := m.prog.Target.Config
	if config == nil {
		return true
	}
	value, ok := config(option)
	return ok && value == "y"
}
