package cfg_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
)

// drawn has an edge of every kind that has no need of types.
func drawn(t *testing.T) *cfg.Graph {
	return build(t,
		mov(1, 3),
		cfg.Insn{Op: cfg.ClassALU64 | cfg.AluSUB, Regs: 1, Imm: 1}, // 1: loop
		cfg.Insn{Op: cfg.ClassJMP | cfg.JmpJNE, Regs: 1, Off: -2},
		call(4), // to 8
		cfg.Insn{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, cfg.ConstFunc), Imm: 3}, cfg.Insn{},
		exit(),
		ja(-2), // 7: unreachable
		cfg.Insn{Op: cfg.OpCALL, Imm: 12},
		cfg.Insn{Op: cfg.ClassLD | cfg.ModeABS},
		exit(),
	)
}

func TestWriteDOT(t *testing.T) {
	g := drawn(t)
	var out bytes.Buffer
	require.NoError(t, cfg.WriteDOT(&out, g, cfg.DOTOptions{
		Title:    "<prog>",
		FuncName: func(fn int32) string { return []string{"entry", ""}[fn] },
		Source: func(slot int32) (text, where string) {
			return map[int32]string{1: "if (a<b) \x01\"x\""}[slot], "a.c:1"
		},
		Note: func(slot int32) string { return map[int32]string{3: "R1 !read_ok"}[slot] },
	}))
	for _, want := range []string{
		"&lt;prog&gt;", "<b>entry</b>", "<b>function 1</b>", "loop 0", "unreachable",
		"<i>if (a&lt;b) &#34;x&#34;</i>", "R1 !read_ok", "bpf_tail_call#12",
		"b1:e -> b1:e", "style=dashed, constraint=false", "style=dotted, penwidth", `label="tail call"`, `label="abort"`,
	} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "\x01")
}

func TestWriteSVG(t *testing.T) {
	var out bytes.Buffer
	err := cfg.WriteSVG(t.Context(), &out, build(t, mov(0, 0), exit()), cfg.DOTOptions{
		Source: func(int32) (text, where string) { return strings.Repeat("a & b; ", 40), "" },
	})
	if errors.Is(err, cfg.ErrNoGraphviz) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.Contains(t, out.String(), "</svg>")
}
