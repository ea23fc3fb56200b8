package prog

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"

	view "github.com/bpflint/bpflint/btf"
)

// Trampoline is how a kernel calls a program that is attached to a function or
// to a typed tracepoint: which arguments it saves where the program finds them
// as its context, an array of words of 8 bytes.
type Trampoline struct {
	Target string
	// Matched says that the target's BTF has the prototype. Without one, five
	// arguments of 8 bytes are saved, whatever the function takes.
	Matched bool
	Args    []TrampolineArg
	// Words is the length of the context, the result included.
	Words int
	// Result is the word of the function's result, -1 for programs that do not see
	// it. Those that run before the function find 0 there, or what the program
	// before them made the result. CallsOriginal says that the trampoline calls the
	// function itself, to have the result.
	Result        int
	CallsOriginal bool
}

// TrampolineArg is one argument. A struct of up to 16 bytes takes two words.
type TrampolineArg struct {
	Name  string // empty without BTF
	Size  int    // bytes, as BTF says
	Word  int    // the first, in the context
	Words int
	Stack bool // it comes on the stack, as the registers do not suffice
}

// attachTraceSession is BPF_TRACE_FSESSION of Linux 7.0.
const attachTraceSession = ebpf.AttachType(58)

const (
	unmatchedArgs = 5
	// argWords is how many words of arguments x86-64 passes in registers.
	argWords = 6
)

// TrampolineOf returns the plan for a program; nil for one that is called in
// another way. The source is what Linux does for x86-64, 5.10 to 7.2.
func TrampolineOf(p *Program) (*Trampoline, error) {
	if !viaTrampoline(p.Type, p.AttachType) {
		return nil, nil
	}
	types, err := p.Target.View()
	if err != nil {
		return nil, err
	}
	t := &Trampoline{Target: p.AttachTo, Result: -1}
	proto, first := protoOf(types, uint32(p.Type), uint32(p.AttachType), p.AttachTo)
	if proto == 0 {
		for range unmatchedArgs {
			t.add("", 8)
		}
	} else {
		t.Matched = true
		for i := first; i < types.NumMembers(proto); i++ {
			arg := types.Param(proto, i)
			size, ok := types.Size(arg.Type)
			if !ok || size > 16 {
				return nil, fmt.Errorf("argument %d of %s cannot be passed on", i-first, p.AttachTo)
			}
			t.add(arg.Name, int(size))
		}
	}
	if p.Type == ebpf.LSM || p.AttachType != ebpf.AttachTraceFEntry && p.AttachType != ebpf.AttachTraceRawTp {
		t.CallsOriginal = true
		t.Result = t.Words
		t.Words++
	}
	return t, nil
}

func (t *Trampoline) add(name string, size int) {
	words := (size + 7) / 8
	t.Args = append(t.Args, TrampolineArg{Name: name, Size: size, Word: t.Words, Words: words, Stack: t.Words+words > argWords})
	t.Words += words
}

// Saved is how many words of arguments the context begins with.
func (t *Trampoline) Saved() int {
	if t.Result >= 0 {
		return t.Result
	}
	return t.Words
}

// Context makes the context of a call: the saved words of its arguments, then the
// result where programs see it. Arguments that are not given are 0.
func (t *Trampoline) Context(args []uint64, result uint64) []byte {
	words := make([]uint64, t.Words)
	copy(words[:t.Saved()], args)
	if t.Result >= 0 {
		words[t.Result] = result
	}
	b := make([]byte, 0, 8*len(words))
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// viaTrampoline tells the programs whose context is an array of arguments.
func viaTrampoline(typ ebpf.ProgramType, attach ebpf.AttachType) bool {
	switch {
	case typ == ebpf.LSM:
		return true
	case typ != ebpf.Tracing:
		return false
	}
	switch attach {
	case ebpf.AttachTraceRawTp, ebpf.AttachTraceFEntry, ebpf.AttachTraceFExit, ebpf.AttachModifyReturn, attachTraceSession:
		return true
	}
	return false
}

// ProtoOf returns the ID of the prototype that a program of a type is attached
// to, 0 when it is not known.
func ProtoOf(t *Target, typ, attach uint32, to string) uint32 {
	if t == nil || to == "" || ebpf.ProgramType(typ) != ebpf.LSM && ebpf.ProgramType(typ) != ebpf.Tracing {
		return 0 // without a look at the types, which may have to be made
	}
	types, err := t.View()
	if err != nil {
		return 0
	}
	proto, _ := protoOf(types, typ, attach, to)
	return uint32(proto)
}

// protoOf also returns the parameter that becomes the first argument: probes of
// tracepoints take their own data first.
func protoOf(types *view.Types, typ, attach uint32, to string) (view.ID, int) {
	kind, prefix, first := view.KindFunc, "", 0
	switch {
	case types == nil || to == "":
		return 0, 0
	case ebpf.ProgramType(typ) == ebpf.LSM:
		prefix = "bpf_lsm_"
	case ebpf.ProgramType(typ) != ebpf.Tracing:
		return 0, 0
	case ebpf.AttachType(attach) == ebpf.AttachTraceIter:
		prefix = "bpf_iter_"
	case ebpf.AttachType(attach) == ebpf.AttachTraceRawTp:
		kind, prefix, first = view.KindTypedef, "btf_trace_", 1
	}
	id, ok := types.Find(kind, prefix+to)
	if !ok {
		return 0, 0
	}
	proto, ok := types.Proto(id)
	if !ok {
		return 0, 0
	}
	return proto, first
}
