package oracle

import (
	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// RawProgram is a bare instruction stream, as generators make them.
type RawProgram struct {
	Type       ebpf.ProgramType
	AttachType ebpf.AttachType
	// AttachID is the target's ID in the kernel's BTF; 0 for types without.
	AttachID uint32
	Flags    uint32
	// Insns refer to a map by its index in the list that NewRaw was given.
	Insns []cfg.Insn
	// NoGPL loads with a licence that is not compatible with the GPL.
	NoGPL bool
	// Types, when not nil, is the BTF that FuncInfo refers to; FuncInfo has the
	// first slot and the ID of the type of each function.
	Types    *RawTypes
	FuncInfo []uint32
	LineInfo []uint32 // four words a line, as BPF_PROG_LOAD takes them
	// CoreRelos are relocations that the kernel is to apply, of four words each.
	CoreRelos []uint32
	// Caps, when not nil, are the capabilities of the thread that loads.
	Caps *linux.Caps
}

// RawAnswer is the kernel's answer about a RawProgram.
type RawAnswer struct {
	// Errno is 0 for an accepted program. It is EPERM when the capabilities do
	// not suffice to load anything.
	Errno ErrnoValue
	// Log is valid until the next Load; nil when it was not asked for.
	Log []byte
	// Truncated says that the log did not fit into the buffer. Then Errno may
	// be ENOSPC instead of the verdict: ask again without a log.
	Truncated bool
}

// ErrnoValue is an error number; String gives its symbol.
type ErrnoValue uint32
