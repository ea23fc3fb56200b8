package linux

import "strings"

// Hook is what one kernel or several say of the programs of one type and
// expected attach type: who may load them, what they may return, which helpers
// they may call and how they see their context. All of it is measured.
//
// Most types ignore the attach type, or look at some values only; the others
// are as 0. Programs that are attached through BTF have rows by
// target; AnyTarget stands for functions of the kernel in general.
type Hook struct {
	Kernels   Kernels
	Type      uint32 // enum bpf_prog_type
	Attach    uint32 // enum bpf_attach_type; of no meaning for struct_ops
	Sleepable bool
	Targets   string // between spaces: " file_open inode_create "; of LSM hooks, iterators or "TYPE:MEMBER" of struct_ops

	Caps Caps // needed to load one
	Ret  RetRange

	// Packet says what direct packet access the type has.
	Packet PacketUse

	calls    [4]uint16 // index into helperSets, by callLevel
	variants uint8     // index into variantSets
	context  uint16    // index into contexts; 0 is none: the arguments of a function
}

// AnyTarget is the target of programs that attach to functions and tracepoints
// which are not listed.
const AnyTarget = ""

// RetRange bounds what the main function may return, both ends included. The
// kernel checks it at exit when Checked.
type RetRange struct {
	Min, Max int32
	Checked  bool
	VoidHook bool // the kernel adds a note that the hook is void
}

// PacketUse is what programs may do with packet pointers.
type PacketUse uint8

// Uses of packets.
const (
	PacketNone PacketUse = iota
	PacketRead
	PacketWrite // and read
)

// callLevel is the row of Hook.calls that holds for a set of capabilities.
func callLevel(c Caps) int {
	switch {
	case c&CapSysAdmin != 0:
		return 3
	case c.Has(CapBPF | CapPerfmon):
		return 2
	case c.Has(CapBPF):
		return 1
	}
	return 0
}

// helperSet is a set of helpers' IDs.
type helperSet [(NumHelpers + 63) / 64]uint64

// variantOf replaces a helper's common prototype.
type variantOf struct {
	id      uint16
	variant Variant
}

// MayCall reports whether a program of the hook may call a helper, before any
// look at arguments, licence and context of the call.
func (h *Hook) MayCall(id uint32, caps Caps) bool {
	return id < NumHelpers && helperSets[h.calls[callLevel(caps)]][id/64]>>(id%64)&1 != 0
}

// Variant tells which prototype the hook's programs meet.
func (h *Hook) Variant(id uint32) Variant {
	for _, v := range variantSets[h.variants] {
		if uint32(v.id) == id {
			return v.variant
		}
	}
	return Common
}

// Context returns the layout of the context, nil when the context is the list
// of arguments of a kernel function.
func (h *Hook) Context() *Context {
	if h.Type == ProgGtrace {
		return gtraceContext()
	}
	if h.context == 0 {
		return nil
	}
	return contextOf(int(h.context))
}

// Hook finds the row for a program; nil when the kernel does not load such a
// program. The target is the name of the function that the program is attached
// to, with or without "bpf_lsm_" and "bpf_iter_", or "TYPE:MEMBER" for
// struct_ops.
func (k *Kernel) Hook(typ, attach uint32, sleepable bool, target string) *Hook {
	if k.Version.Has(TracingMulti) && attach >= traceFentryMulti && attach <= traceFsessionMulti && typ != progTracing {
		return nil
	}
	if typ == ProgGtrace {
		return k.gtraceHook()
	}
	attach = normalAttach(typ, attach)
	target = strings.TrimPrefix(strings.TrimPrefix(target, "bpf_lsm_"), "bpf_iter_")
	if h := k.hook(typ, attach, sleepable, target); h != nil || typ > 63 || anyAttach>>typ&1 == 0 {
		return h
	}
	return k.hook(typ, 0, sleepable, target)
}

func (k *Kernel) hook(typ, attach uint32, sleepable bool, target string) *Hook {
	var general *Hook
	for _, h := range k.hooks {
		switch {
		case h.Type != typ || h.Attach != attach || h.Sleepable != sleepable:
		case h.Targets == AnyTarget:
			general = h
		case strings.Contains(h.Targets, " "+target+" "):
			return h
		}
	}
	return general
}

// Numbers that the lookup of hooks treats specially.
const (
	progCgroupSock     = 9
	progReuseport      = 21
	progTracing        = 26
	progStructOps      = 27
	sockCreate         = 2
	reuseportSelect    = 39
	traceFentryMulti   = 59
	traceFsessionMulti = 61
)

// normalAttach gives the attach type that the kernel takes an unset one of old
// loaders for. Members of a struct_ops are told apart by their name.
func normalAttach(typ, attach uint32) uint32 {
	switch {
	case typ == progCgroupSock && attach == 0:
		return sockCreate
	case typ == progReuseport && attach == 0:
		return reuseportSelect
	case typ == progStructOps:
		return 0
	}
	return attach
}

// HelperOf returns the prototype that a call from the hook's programs meets;
// nil when the kernel does not know the helper.
func (k *Kernel) HelperOf(h *Hook, id uint32) *Helper {
	common := k.Helper(id)
	if common == nil {
		return nil
	}
	if v := h.Variant(id); v != Common {
		for i := range k.variants {
			if r := k.variants[i]; r.ID == id && r.Variant == v {
				return r
			}
		}
	}
	return common
}
