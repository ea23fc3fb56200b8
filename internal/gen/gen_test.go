package gen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/internal/target"
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

// Typed programs pass the structural checks, mostly, and equal seeds make equal
// programs.
func TestMakeTyped(t *testing.T) {
	goal := target.New(linux.V6_18, linux.CapAll, "")
	w, err := NewWorld(goal)
	require.NoError(t, err)
	sound := 0
	for seed := range uint64(500) {
		made := MakeTyped(seed, w)
		require.Equal(t, made, MakeTyped(seed, w))
		p, err := w.Link(goal, made)
		require.NoError(t, err)
		if precheck.Check(p) == nil {
			sound++
		}
	}
	require.Greater(t, sound, 450)
}

// The world has what the rows name.
func TestWorld(t *testing.T) {
	w, err := NewWorld(target.New(linux.V6_18, linux.CapAll, ""))
	require.NoError(t, err)
	require.Len(t, w.Maps(), numTypedMaps)
	require.Equal(t, ".rodata", w.Maps()[mapText].Name)
	require.Len(t, w.locals, len(localTypes))
	require.Greater(t, len(w.kfuncs), 150)
	require.NotNil(t, w.byName["bpf_iter_num_new"])
	require.Greater(t, len(w.hooks), 15)
	require.Len(t, w.FuncInfo(Program{Funcs: []Func{{}, {Start: 7, Type: firstGlobal}}}), 4)
	l := w.layoutOf(w.structID("task_struct"))
	require.NotEmpty(t, l.telling)
	require.Greater(t, len(l.numbers), 100)
}
