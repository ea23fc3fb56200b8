package precision

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
)

func insn(op, dst, src uint8, imm int32) cfg.Insn {
	return cfg.Insn{Op: op, Regs: cfg.MakeRegs(dst, src), Imm: imm}
}

var everything = Tracking{Calls: true, Pointers: true, Links: true}

func TestBack(t *testing.T) {
	const (
		mov  = cfg.ClassALU64 | cfg.AluMOV
		add  = cfg.ClassALU64 | cfg.AluADD
		ldx  = cfg.ClassLDX | cfg.ModeMEM | cfg.SizeDW
		stx  = cfg.ClassSTX | cfg.ModeMEM | cfg.SizeDW
		st   = cfg.ClassST | cfg.ModeMEM | cfg.SizeDW
		jeq  = cfg.ClassJMP | cfg.JmpJEQ
		xadd = cfg.ClassSTX | cfg.ModeATOMIC | cfg.SizeDW
	)
	slot2 := Step{Flags: Stack, Slot: 2}
	for _, c := range []struct {
		name        string
		insn        cfg.Insn
		step        Step
		regs, want  uint16
		slots, left uint64
		lost        bool
	}{
		{name: "constant", insn: insn(mov, 1, 0, 7), regs: 1 << 1, want: 0},
		{name: "copy", insn: insn(mov|cfg.SrcX, 1, 2, 0), regs: 1 << 1, want: 1 << 2},
		{name: "copy of the frame pointer", insn: insn(mov|cfg.SrcX, 1, 10, 0), regs: 1 << 1, want: 0},
		{name: "not asked for", insn: insn(mov|cfg.SrcX, 1, 2, 0), regs: 1 << 3, want: 1 << 3},
		{name: "sum", insn: insn(add|cfg.SrcX, 1, 2, 0), regs: 1 << 1, want: 1<<1 | 1<<2},
		{name: "sum with a constant", insn: insn(add, 1, 0, 4), regs: 1 << 1, want: 1 << 1},
		{name: "load", insn: insn(ldx, 1, 2, 0), regs: 1 << 1, want: 0},
		{name: "fill", insn: insn(ldx, 1, 10, 0), step: slot2, regs: 1 << 1, left: 1 << 2},
		{name: "spill", insn: insn(stx, 10, 3, 0), step: slot2, slots: 1 << 2, want: 1 << 3},
		{name: "spill of a constant", insn: insn(st, 10, 0, 5), step: slot2, slots: 1 << 2},
		{name: "spill elsewhere", insn: insn(stx, 10, 3, 0), step: slot2, slots: 1 << 1, left: 1 << 1},
		{name: "store through a number", insn: insn(stx, 1, 3, 0), regs: 1 << 1, want: 1 << 1, lost: true},
		{name: "fetch from the stack", insn: insn(xadd, 10, 3, cfg.AtomicADD|cfg.AtomicFETCH), step: slot2, regs: 1 << 3, left: 1 << 2},
		{name: "comparison", insn: insn(jeq|cfg.SrcX, 1, 2, 0), regs: 1 << 1, want: 1<<1 | 1<<2},
		{name: "comparison with a stack pointer", insn: insn(jeq|cfg.SrcX, 1, 2, 0), step: Step{Flags: SrcStack}, regs: 1 << 1, want: 1 << 1},
		{name: "comparison with a constant", insn: insn(jeq, 1, 0, 0), regs: 1 << 1, want: 1 << 1},
		{name: "helper", insn: insn(cfg.OpCALL, 0, cfg.CallHelper, 5), regs: 1<<0 | 1<<6, want: 1 << 6},
		{name: "linked", insn: insn(jeq, 1, 0, 0), step: Step{Linked: Linked(0).Add(0, 1, true).Add(0, 4, false)}, regs: 1 << 1, want: 1 << 1, left: 1 << 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Demand
			d.Regs[0], d.Slots[0] = c.regs, c.slots
			ok := d.Back([]cfg.Insn{c.insn, {Op: cfg.OpEXIT}}, 0, 1, &c.step, everything)
			require.Equal(t, c.lost, !ok)
			require.Equal(t, c.want, d.Regs[0])
			require.Equal(t, c.left, d.Slots[0])
		})
	}
}

// A call and the function's exit move arguments and the result between frames.
func TestBackOverCalls(t *testing.T) {
	insns := []cfg.Insn{
		insn(cfg.OpCALL, 0, cfg.CallLocal, 1), // 0: to 2
		{Op: cfg.OpEXIT},
		{Op: cfg.OpEXIT}, // 2
	}
	d := Demand{}
	d.Regs[0] = 1<<0 | 1<<6
	require.True(t, d.Back(insns, 2, 1, &Step{}, everything))
	require.EqualValues(t, 1, d.Frame)
	require.EqualValues(t, 1<<6, d.Regs[0])
	require.EqualValues(t, 1<<0, d.Regs[1])

	d.Regs[1] = 1 << 2
	require.True(t, d.Back(insns, 0, 2, &Step{}, everything))
	require.EqualValues(t, 0, d.Frame)
	require.EqualValues(t, 1<<6|1<<2, d.Regs[0])
	require.Zero(t, d.Regs[1])
}

func TestLinked(t *testing.T) {
	var l Linked
	for i := range MaxLinked {
		l = l.Add(int32(i), 10*i, i%2 == 0)
	}
	require.Equal(t, MaxLinked, l.Len())
	for i := range MaxLinked {
		frame, index, isReg := l.At(i)
		require.EqualValues(t, i, frame)
		require.Equal(t, 10*i, index)
		require.Equal(t, i%2 == 0, isReg)
	}
}
