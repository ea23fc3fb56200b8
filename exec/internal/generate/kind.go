package generate

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
)

// Kind is a sort of generated programs: what they are and what they are run
// with.
type Kind struct {
	Name   string
	Type   ebpf.ProgramType
	Attach ebpf.AttachType
	Flags  uint32 // of BPF_PROG_LOAD
	// Make makes the program of a seed; Tails, nil for none, those that it finds
	// in its program array.
	Make  func(seed uint64) *Made
	Tails func(seed uint64) []*Made
	// Input makes the packet and the context of a seed.
	Input func(seed uint64) (data, ctx []byte)
	// KeepsContext says that a run does not return the context.
	KeepsContext bool
	Maps         func() []*ebpf.MapSpec
}

// Made is a program with the first slots of its functions.
type Made struct {
	Insns []cfg.Insn
	Funcs []uint32
}

// Kinds are all sorts of programs, in the order in which they are compared.
func Kinds() []Kind {
	const sleepable = 1 << 4 // BPF_F_SLEEPABLE
	list := []Kind{
		{Name: "arithmetic", Type: ebpf.Syscall, Flags: sleepable, Make: bare(Program), Maps: Maps,
			Input: func(seed uint64) (data, ctx []byte) { return nil, Context(seed) }},
		{Name: "calls", Type: ebpf.Syscall, Flags: sleepable, Make: Calls, Maps: CallMaps,
			Input: func(seed uint64) (data, ctx []byte) { return nil, Context(seed) }},
		{Name: "text", Type: ebpf.Syscall, Flags: sleepable, Make: bare(Text), Maps: TextMaps,
			Input: func(seed uint64) (data, ctx []byte) { return nil, Context(seed) }},
		{Name: "tc", Type: ebpf.SchedCLS, Make: bare(Packet), Maps: PacketMaps, Input: Input},
		{Name: "xdp", Type: ebpf.XDP, Make: bare(XDP), Maps: PacketMaps, Input: InputXDP},
	}
	for i := range contexts {
		list = append(list, contexts[i].kind())
	}
	return list
}

// bare is for programs of one function.
func bare(program func(uint64) []cfg.Insn) func(uint64) *Made {
	return func(seed uint64) *Made { return &Made{program(seed), []uint32{0}} }
}

// Types returns BTF with a static function that returns an int, which stands
// for every function of the programs, and the function's ID.
func Types() (blob []byte, id btf.TypeID, err error) {
	b, err := btf.NewBuilder(nil, nil)
	if err != nil {
		return nil, 0, err
	}
	number := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	id, err = b.Add(&btf.Func{Name: "f", Type: &btf.FuncProto{Return: number}, Linkage: btf.StaticFunc})
	if err != nil {
		return nil, 0, err
	}
	blob, err = b.Marshal(nil, nil)
	return blob, id, err
}
