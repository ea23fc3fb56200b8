package helper_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// A function that visits elements and has others visited still sees its own key.
func TestNestedKeys(t *testing.T) {
	address := func(name string) asm.Instruction {
		return asm.Instruction{OpCode: asm.LoadImmOp(asm.DWord), Dst: asm.R2, Src: asm.PseudoFunc, Constant: -1}.WithReference(name)
	}
	p, err := prog.FromInstructions(&prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll}, ebpf.SocketFilter, asm.Instructions{
		asm.StoreImm(asm.RFP, -8, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("elements"),
		address("outer"),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, -8),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnForEachMapElem.Call(),
		asm.LoadMem(asm.R0, asm.RFP, -8, asm.Word),
		asm.Return(),

		asm.Mov.Reg(asm.R6, asm.R2).WithSymbol("outer"), // the key
		asm.Mov.Reg(asm.R7, asm.R4),
		address("inner"),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnForEachMapElem.Call(),
		asm.LoadMem(asm.R1, asm.R6, 0, asm.Word),
		asm.LoadMem(asm.R2, asm.R7, 0, asm.Word),
		asm.Mul.Imm(asm.R2, 10),
		asm.Add.Reg(asm.R2, asm.R1),
		asm.StoreMem(asm.R7, 0, asm.R2, asm.Word),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),

		asm.Mov.Imm(asm.R0, 0).WithSymbol("inner"),
		asm.Return(),
	}, &ebpf.MapSpec{Name: "elements", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 3})
	require.NoError(t, err)
	loaded, err := exec.New(exec.Config{}).Load(p)
	require.NoError(t, err)
	out, err := loaded.Run(exec.Input{Data: make([]byte, 64)})
	require.NoError(t, err)
	require.EqualValues(t, 12, out.Return, "the keys 0, 1 and 2")
}
