package absint_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/absint"
	"github.com/bpflint/bpflint/cfg"
)

// Ten times the turns of a loop with spills, branches and calls take hardly more
// allocations: only remembered states pile up, in chunks.
func TestStepsDoNotAllocate(t *testing.T) {
	explore := func(turns int32) (allocs float64, insns int) {
		p := program(t, ebpf.SocketFilter, asm.Instructions{
			asm.Mov.Imm(asm.R6, 0),
			asm.FnGetPrandomU32.Call().WithSymbol("again"),
			asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
			asm.JGT.Imm(asm.R0, 7, "next"),
			asm.LoadMem(asm.R7, asm.RFP, -8, asm.DWord),
			asm.Add.Imm(asm.R6, 1).WithSymbol("next"),
			asm.JLT.Imm(asm.R6, turns, "again"),
			asm.Mov.Imm(asm.R0, 0),
			asm.Return(),
		})
		g, err := cfg.Build(p.Insns, cfg.Options{})
		require.NoError(t, err)
		allocs = testing.AllocsPerRun(1, func() {
			r, err := absint.Verify(p, g, absint.Options{})
			require.NoError(t, err)
			require.Equal(t, absint.Accept, r.Verdict, r.Message)
			insns = r.Stats.ProcessedInsns
		})
		return allocs, insns
	}
	few, short := explore(300)
	many, long := explore(3000)
	require.Greater(t, long, 5*short)
	perInsn := (many - few) / float64(long-short)
	t.Logf("%.0f allocations for %d instructions, %.0f for %d: %.5f for each more", few, short, many, long, perInsn)
	require.Less(t, perInsn, 0.005)
}
