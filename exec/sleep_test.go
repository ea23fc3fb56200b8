package exec_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/prog"
)

// TestSleepingHelpers lets programs that may sleep copy from user space, where
// nothing is: EFAULT and zeros. Others, which no kernel would load, stop.
func TestSleepingHelpers(t *testing.T) {
	copies := asm.Instructions{
		asm.Mov.Imm(asm.R4, 77), asm.StoreMem(asm.R10, -8, asm.R4, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R10), asm.Add.Imm(asm.R1, -8), asm.Mov.Imm(asm.R2, 8), asm.Mov.Imm(asm.R3, 16),
		asm.FnCopyFromUser.Call(),
		asm.LoadMem(asm.R1, asm.R10, -8, asm.DWord), asm.Add.Reg(asm.R0, asm.R1), asm.Return(),
	}
	const sleepable = 1 << 4
	for _, flags := range []uint32{0, sleepable} {
		p, err := prog.FromInstructions(&prog.Target{}, ebpf.Kprobe, copies)
		require.NoError(t, err)
		p.Flags = flags
		loaded, err := exec.New(exec.Config{}).Load(p)
		require.NoError(t, err)
		out, err := loaded.Run(exec.Input{})
		if flags == 0 {
			require.ErrorContains(t, err, "instruction 6: bpf_copy_from_user may sleep, and the program must not")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, uint32(errno.EFAULT.Ret()), out.Return)
	}
}
