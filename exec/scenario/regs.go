package scenario

import (
	"encoding/binary"
	"fmt"

	"github.com/bpflint/bpflint/internal/linux"
)

// Machines whose registers a kprobe can have.
var (
	archX86   = linux.AMD64.String()
	archARM64 = linux.ARM64.String()
)

// regLayout is struct pt_regs of a machine: offsets by name, the arguments of a
// call in order, the result and the instruction pointer.
type regLayout struct {
	size   int // of a kernel
	at     map[string]int
	args   []string
	result string
	ip     string
}

var layouts = map[string]*regLayout{archX86: x86Regs(), archARM64: arm64Regs()}

// layoutFor returns the registers of a machine as a kernel saves them.
func layoutFor(arch string, kernel linux.Version) *regLayout {
	l := *layouts[arch]
	machine, _ := linux.ParseArch(arch) // it is one of layouts
	l.size = kernel.RegsSize(machine)
	return &l
}

func x86Regs() *regLayout {
	order := []string{
		"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di",
		"orig_ax", "ip", "cs", "flags", "sp", "ss",
	}
	l := &regLayout{
		at:   make(map[string]int),
		args: []string{"di", "si", "dx", "cx", "r8", "r9"}, result: "ax", ip: "ip",
	}
	for i, name := range order {
		l.at[name] = 8 * i
	}
	return l
}

func arm64Regs() *regLayout {
	const numRegs = 31
	l := &regLayout{at: make(map[string]int), result: "x0", ip: "pc"}
	for i := range numRegs {
		l.at[fmt.Sprintf("x%d", i)] = 8 * i
	}
	for i := range 8 {
		l.args = append(l.args, fmt.Sprintf("x%d", i))
	}
	l.at["sp"], l.at["pc"], l.at["pstate"], l.at["orig_x0"] = 8*numRegs, 8*numRegs+8, 8*numRegs+16, 8*numRegs+24
	return l
}

// regs makes registers by their names.
func (l *regLayout) regs(values map[string]uint64) ([]byte, error) {
	b := make([]byte, l.size)
	for name, v := range values {
		at, ok := l.at[name]
		if !ok {
			return nil, fmt.Errorf("there is no register %q", name)
		}
		binary.LittleEndian.PutUint64(b[at:], v)
	}
	return b, nil
}

// entry makes the registers at the start of a function.
func (l *regLayout) entry(ip uint64, args []uint64) []byte {
	b := make([]byte, l.size)
	for i, v := range args[:min(len(args), len(l.args))] {
		binary.LittleEndian.PutUint64(b[l.at[l.args[i]]:], v)
	}
	binary.LittleEndian.PutUint64(b[l.at[l.ip]:], ip)
	return b
}

// exit makes the registers after a function.
func (l *regLayout) exit(ip uint64, args []uint64, result uint64) []byte {
	b := l.entry(ip, args)
	binary.LittleEndian.PutUint64(b[l.at[l.result]:], result)
	return b
}
