package structure_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/passes/passtest"
	"github.com/bpflint/bpflint/passes/structure"
)

// The verdicts are tested in cfg/precheck; here it is what is said of them.
func TestStructure(t *testing.T) {
	ret := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	jump := func(op asm.JumpOp, off int16) asm.Instruction {
		return asm.Instruction{OpCode: op.Op(asm.ImmSource), Offset: off}
	}
	for _, tt := range []struct {
		name   string
		kernel linux.Version
		insns  asm.Instructions
		want   []string
	}{
		{"sound", linux.V6_18, ret, nil},
		{"falls off", linux.V6_18, ret[:1], []string{
			"structure/fall-off 0: a function does not end with exit or a jump",
		}},
		{"jump", linux.V6_18, append(asm.Instructions{jump(asm.JEq, 7)}, ret...), []string{
			`structure/jump 0: "if r0 == 0x0 goto pc+7" leads out of its function, to instruction 8`,
		}},
		{"unreachable", linux.V6_18, append(asm.Instructions{jump(asm.Ja, 1), asm.Mov.Imm(asm.R1, 1)}, ret...), []string{
			`structure/unreachable 1: no path reaches "r1 = 1"`,
		}},
		{"too new", linux.V6_1, append(asm.Instructions{asm.BSwap(asm.R0, asm.DWord)}, ret...), []string{
			"structure/opcode 0: Linux 6.1 knows no instruction with opcode 0xd7",
		}},
		{"reserved", linux.V7_2, append(asm.Instructions{{OpCode: asm.Add.Op(asm.ImmSource), Src: asm.R3}}, ret...), []string{
			`structure/reserved 0: "r0 += 0" has a value in a field that Linux 7.2 wants to be zero`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passtest.Run(t, structure.Analyzer, tt.kernel, passtest.Program(ebpf.XDP, tt.insns...))
			require.ElementsMatch(t, tt.want, got)
		})
	}
}
