// Package prog is the model of one program as a loader hands it to the kernel:
// linked, relocated against a target's types, with its maps. It is what the
// graph, the passes, the abstract machine and the executor all work on.
//
// No kernel is asked for any of it.
package prog

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
)

// Program is one program with all functions that it reaches.
type Program struct {
	Name    string // of the program's symbol
	Section string // of the ELF file it came from
	License string

	Type       ebpf.ProgramType
	AttachType ebpf.AttachType
	AttachTo   string // function, tracepoint, hook or "struct_ops type:member"; empty when there is none
	Flags      uint32 // BPF_F_*, such as sleepable or strict alignment
	// KernelVersion is what the object's section "version" says, 0 without one.
	// Kernels before 5.0 compared it when they loaded programs of type kprobe.
	KernelVersion uint32

	// Insns are the slots, ready to be verified: local calls and jumps are
	// resolved, a kfunc call has the ID of its function in the target's types
	// and a map load has src ConstMap or ConstMapValue with an index into Maps
	// as its immediate; a negative one is explained at BadFD.
	Insns []cfg.Insn
	Maps  []*Map // in the order of their first use

	Funcs []Func // by Start, without gaps; the first is the entry
	Lines []Line // by Insn; empty without line info
	// Types is the program's own BTF; nil when it has none. The IDs of local
	// types in Insns are its IDs, and those of MarshalBTF's blob.
	Types *btf.Spec
	// ExtInfo says whether func_info came with the program; without it the
	// kernel knows no types of its functions.
	ExtInfo bool

	// Replaces is the function that an extension replaces; nil when nobody said
	// in which program it is.
	Replaces *Replaced

	Target *Target
	Notes  []Note

	order binary.ByteOrder
	local []btf.Type // whose IDs are constants in Insns
}

// Func is one subprogram.
type Func struct {
	Name  string
	Start int       // first slot
	Type  *btf.Func // nil without func_info
}

// Line binds the instructions from Insn on to a line of the source.
type Line struct {
	Insn   int
	File   string
	Line   int // from 1
	Column int // from 1; 0 when unknown
	Text   string

	source fmt.Stringer // what cilium/ebpf encodes line_info from
}

// Map is a map as it would be created.
type Map struct {
	Name  string
	Spec  *ebpf.MapSpec // what would be created, after the fixes that a loader makes
	Inner *Map          // for maps of maps
	// Data is the initial value of a data section's only element; nil for
	// other maps.
	Data []byte
	// Frozen says that user space can no longer change it, so that a
	// read-only section's bytes are known constants.
	Frozen bool
	// Members are the programs that the object puts into a program array, by
	// index; Callers those that refer to the array, by name.
	Members []Member
	Callers []ArrayProgram
}

// Member is a program in a program array.
type Member struct {
	Index uint32
	ArrayProgram
}

// NoteKind tells what a loader had to do to a program, or what it could not.
type NoteKind uint8

// Kinds of notes.
const (
	NoteLicense     NoteKind = iota // there was none; "GPL" was assumed
	NoteType                        // the section's name did not tell the program's type
	NoteMap                         // a map's definition was completed
	NotePoisoned                    // a CO-RE relocation has no match in the target
	NoteUnresolved                  // an extern symbol has no definition
	NoteMissingFunc                 // a weak kfunc or ksym is not in the target
	NoteHelper                      // a helper that the target lacks was replaced
)

// Note is something that a reader of a verdict should know about loading.
type Note struct {
	Kind NoteKind
	Insn int // -1 when it is about no instruction
	Text string
}

// Has reports whether there is a note of a kind.
func (p *Program) Has(kind NoteKind) bool {
	return slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Kind == kind })
}

// FuncAt returns the function that holds a slot.
func (p *Program) FuncAt(insn int) *Func {
	lo, hi := 0, len(p.Funcs)
	for lo < hi {
		if mid := (lo + hi) / 2; p.Funcs[mid].Start <= insn {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	return &p.Funcs[lo-1]
}

// LineAt returns the source line of a slot, nil when none is known.
func (p *Program) LineAt(insn int) *Line {
	lo, hi := 0, len(p.Lines)
	for lo < hi {
		if mid := (lo + hi) / 2; p.Lines[mid].Insn <= insn {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	return &p.Lines[lo-1]
}
