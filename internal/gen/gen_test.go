package gen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

func TestMakeIsDeterministic(t *testing.T) {
	for seed := range uint64(100) {
		require.Equal(t, Make(seed), Make(seed))
	}
	require.NotEqual(t, Make(1), Make(2))
}

// Generated programs must get past the structural checks, or nothing would be
// compared.
func TestMakeIsWellFormed(t *testing.T) {
	for seed := range uint64(1000) {
		p := Make(seed)
		_, err := cfg.Build(p.Insns, cfg.Options{})
		require.NoError(t, err, "seed %d", seed)
	}
}

func TestShrinkKeepsJumps(t *testing.T) {
	p := Program{Insns: []cfg.Insn{
		{Op: cfg.ClassJMP | cfg.JmpJEQ, Off: 2},
		{Op: cfg.ClassALU64 | cfg.AluMOV, Imm: 1},
		{Op: cfg.ClassALU64 | cfg.AluMOV, Imm: 2},
		{Op: cfg.OpEXIT},
	}}
	got := Shrink(p, func(q Program) bool { return len(q.Insns) > 1 && q.Insns[0].Op == p.Insns[0].Op })
	require.Equal(t, []cfg.Insn{{Op: cfg.ClassJMP | cfg.JmpJEQ, Off: 0}, {Op: cfg.OpEXIT}}, got.Insns)
}

// Programs with typed functions pass the structural checks, mostly, and equal
// seeds make equal programs.
func TestMakeFuncs(t *testing.T) {
	target := &prog.Target{Kernel: linux.V6_18, Caps: linux.CapAll}
	sound := 0
	for seed := range uint64(500) {
		made := MakeFuncs(seed)
		require.Equal(t, made, MakeFuncs(seed))
		p := prog.FromSlots(target, made.Type, made.Insns, Maps()...)
		require.NoError(t, made.AddTypes(p))
		if precheck.Check(p) == nil {
			sound++
		}
	}
	require.Greater(t, sound, 450)
}
