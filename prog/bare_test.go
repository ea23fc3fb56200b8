package prog_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

var target = &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll}

func TestFromInstructions(t *testing.T) {
	p, err := prog.FromInstructions(target, ebpf.XDP, asm.Instructions{
		asm.LoadMapPtr(asm.R1, 0).WithReference("counts"),
		asm.LoadMapValue(asm.R2, 0, 8).WithReference("counts"),
		asm.Call.Label("sub"),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.SDiv.Imm(asm.R0, 3),
		asm.Return().WithSymbol("out"),
		asm.Mov.Imm(asm.R0, 1).WithSymbol("sub"),
		asm.StoreXAdd(asm.R10, asm.R0, asm.DWord),
		asm.Return(),
	}, &ebpf.MapSpec{Name: "counts", Type: ebpf.Array, ValueSize: 16})
	require.NoError(t, err)

	require.Equal(t, []cfg.Insn{
		{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(1, cfg.ConstMap)}, {},
		{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, cfg.ConstMapValue)}, {Imm: 8},
		{Op: cfg.OpCALL, Regs: cfg.MakeRegs(0, cfg.CallLocal), Imm: 3},
		{Op: cfg.ClassJMP | cfg.JmpJEQ, Off: 1},
		{Op: cfg.ClassALU64 | cfg.AluDIV, Off: 1, Imm: 3},
		{Op: cfg.OpEXIT},
		{Op: cfg.ClassALU64 | cfg.AluMOV, Imm: 1},
		{Op: cfg.ClassSTX | cfg.ModeATOMIC | cfg.SizeDW, Regs: cfg.MakeRegs(10, 0)},
		{Op: cfg.OpEXIT},
	}, p.Insns)
	require.Equal(t, []prog.Func{{Name: "prog"}, {Name: "sub", Start: 8}}, p.Funcs)
	require.Len(t, p.Maps, 1)
	require.Equal(t, uint32(1), p.Maps[0].Spec.MaxEntries)
	require.Equal(t, uint32(4), p.Maps[0].Spec.KeySize)
	require.Equal(t, []prog.Note{{Kind: prog.NoteMap, Insn: -1,
		Text: "map counts: max_entries 0 -> 1, key_size 0 -> 4"}}, p.Notes)

	types, funcs, lines, err := p.MarshalBTF()
	require.NoError(t, err)
	require.Nil(t, types)
	require.Nil(t, funcs)
	require.Nil(t, lines)
}

func TestFromSlots(t *testing.T) {
	insns := []cfg.Insn{
		{Op: cfg.OpCALL, Regs: cfg.MakeRegs(0, cfg.CallLocal), Imm: 1},
		{Op: cfg.OpEXIT},
		{Op: cfg.OpEXIT},
		{Op: 0xff},
	}
	p := prog.FromSlots(target, ebpf.SocketFilter, insns, &ebpf.MapSpec{Name: "m", Type: ebpf.RingBuf, MaxEntries: 5000})
	require.Equal(t, insns, p.Insns)
	require.Equal(t, []prog.Func{{Name: "prog"}, {Start: 2}}, p.Funcs)
	require.Equal(t, uint32(8192), p.Maps[0].Spec.MaxEntries)
}

// What a loader refuses is an error that names the place.
func TestLinkRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		insns asm.Instructions
		want  string
	}{
		"extern function": {
			asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Call.Label("memset"), asm.Return()},
			"program prog: instruction 1: memset is not defined (extern function unresolved)",
		},
		"missing map": {
			asm.Instructions{asm.LoadMapPtr(asm.R1, 0).WithReference("gone"), asm.Return()},
			"program prog: instruction 0: map gone is not in the collection",
		},
		"symbol twice": {
			asm.Instructions{asm.Return().WithSymbol("a"), asm.Return().WithSymbol("a")},
			"program prog: symbol a is defined twice",
		},
		"nothing": {nil, "program prog: no instructions"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prog.FromInstructions(target, ebpf.XDP, c.insns)
			require.EqualError(t, err, c.want)
		})
	}
}

// A descriptor in the code of an object is for the kernel to refuse.
func TestBadFD(t *testing.T) {
	p, err := prog.FromInstructions(target, ebpf.XDP, asm.Instructions{asm.LoadMapPtr(asm.R1, 7), asm.Return()})
	require.NoError(t, err)
	require.Equal(t, int32(-8), p.Insns[0].Imm)
	require.Equal(t, int32(7), prog.BadFD(p.Insns[0].Imm))
}

// Linking leaves the collection as it was.
func TestLinkCopies(t *testing.T) {
	insns := asm.Instructions{
		asm.LoadMapPtr(asm.R1, 0).WithReference("m"),
		asm.Call.Label("sub"),
		asm.Return(),
		asm.Return().WithSymbol("sub"),
	}
	spec := &ebpf.CollectionSpec{
		Programs: map[string]*ebpf.ProgramSpec{"p": {Name: "p", SectionName: "classifier", Instructions: insns}},
		Maps:     map[string]*ebpf.MapSpec{"m": {Name: "m", Type: ebpf.HashOfMaps, KeySize: 8}},
	}
	before := spec.Copy()
	p, err := prog.Link(spec, "p", target)
	require.NoError(t, err)
	require.Equal(t, before, spec)
	require.Equal(t, ebpf.SchedCLS, p.Type)
	require.Equal(t, "GPL", p.License)
	require.Equal(t, ebpf.Hash, p.Maps[0].Inner.Spec.Type)
	require.Len(t, p.Notes, 3)
}
