package cfg_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
)

// Shorthands for slots.
func mov(dst uint8, imm int32) cfg.Insn {
	return cfg.Insn{Op: cfg.ClassALU64 | cfg.AluMOV, Regs: dst, Imm: imm}
}
func exit() cfg.Insn          { return cfg.Insn{Op: cfg.OpEXIT} }
func ja(off int16) cfg.Insn   { return cfg.Insn{Op: cfg.OpJA, Off: off} }
func jeq(off int16) cfg.Insn  { return cfg.Insn{Op: cfg.ClassJMP | cfg.JmpJEQ, Off: off} }
func call(imm int32) cfg.Insn { return cfg.Insn{Op: cfg.OpCALL, Regs: cfg.CallLocal << 4, Imm: imm} }
func funcRef(dst uint8, imm int32) []cfg.Insn {
	return []cfg.Insn{{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(dst, cfg.ConstFunc), Imm: imm}, {}}
}

func build(t *testing.T, insns ...cfg.Insn) *cfg.Graph {
	t.Helper()
	g, err := cfg.Build(insns, cfg.Options{})
	require.NoError(t, err)
	require.NoError(t, g.Check())
	return g
}

func TestBuild(t *testing.T) {
	insns := []cfg.Insn{
		0: jeq(2),
		1: call(5), // to 7
		2: ja(1),
		3: mov(0, 1),
		4: {Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, cfg.ConstFunc), Imm: 2}, // 7
		5: {},
		6: exit(),
		7: {Op: cfg.OpCALL, Imm: 12},
		8: exit(),
	}
	g := build(t, insns...)
	require.Equal(t, []int32{0, 0, 0}, []int32{g.Funcs[0].Start, g.Funcs[0].FirstBlock, g.FuncOf(6)})
	require.Len(t, g.Funcs, 2)
	require.Equal(t, int32(7), g.Funcs[1].Start)
	require.Equal(t, []int32{0, 1, 1, 2, 3, 3, 3, 4, 4}, g.BlockOf)
	require.Equal(t, []int32{1, 2}, g.Succs(0))
	require.Equal(t, []int32{1, 2}, g.Preds(3))
	require.Equal(t, []int32{0, 2, 1, 3}, g.FuncRPO(0))
	require.Equal(t, []int32{1, 3}, g.AppendSuccs(nil, 0))

	var edges []cfg.Edge
	for e := range g.Edges() {
		edges = append(edges, e)
	}
	require.Equal(t, []cfg.Edge{
		{Insn: 0, From: 0, To: 1, Kind: cfg.Fallthrough},
		{Insn: 0, From: 0, To: 2, Kind: cfg.Taken},
		{Insn: 1, From: 1, To: 4, Kind: cfg.Call},
		{Insn: 2, From: 1, To: 3, Kind: cfg.Taken},
		{Insn: 3, From: 2, To: 3, Kind: cfg.Fallthrough},
		{Insn: 4, From: 3, To: 4, Kind: cfg.Callback},
		{Insn: 6, From: 3, To: -1, Kind: cfg.Exit},
		{Insn: 7, From: 4, To: -1, Kind: cfg.TailCall},
		{Insn: 8, From: 4, To: -1, Kind: cfg.Exit},
	}, edges)
}

func TestBuildRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		insns []cfg.Insn
		want  string
	}{
		"empty":       {nil, "no instructions"},
		"falls off":   {[]cfg.Insn{mov(0, 0)}, "insn 0: control falls off the end of the function"},
		"before":      {[]cfg.Insn{ja(-2), exit()}, "insn 0: jump leaves the function"},
		"after":       {[]cfg.Insn{ja(1), exit()}, "insn 0: jump leaves the function"},
		"into middle": {append(append([]cfg.Insn{ja(1)}, cfg.Insn{Op: cfg.OpLDIMM64}, cfg.Insn{}), exit()), "insn 0: jump to 2, into the middle"},
		"half":        {[]cfg.Insn{exit(), {Op: cfg.OpLDIMM64}}, "insn 1: the second half of a 16-byte instruction is missing"},
		"call":        {[]cfg.Insn{call(7), exit()}, "insn 0: function at 8 is outside"},
		"gotox":       {[]cfg.Insn{{Op: cfg.OpJAX}, exit()}, "insn 0: indirect jump without a table"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cfg.Build(test.insns, cfg.Options{})
			require.ErrorIs(t, err, cfg.ErrMalformed)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestJumpTable(t *testing.T) {
	insns := []cfg.Insn{{Op: cfg.OpJAX, Regs: 1}, mov(0, 1), exit(), mov(0, 2), exit()}
	g, err := cfg.Build(insns, cfg.Options{JumpTable: func(int32) []int32 { return []int32{1, 3} }})
	require.NoError(t, err)
	require.NoError(t, g.Check())
	require.Equal(t, []int32{1, 2}, g.Succs(0))
}

func TestLoops(t *testing.T) {
	// Block 1 heads a loop around the loop of block 2.
	g := build(t,
		mov(0, 0), // 0
		jeq(2),    // 1: header, leaves to block 4
		jeq(-1),   // 2: header of a loop by itself
		ja(-3),    // 3
		exit(),    // 4
	)
	loops := g.Loops()
	require.Len(t, loops.Loops, 2)
	require.Equal(t, []int32{-1, 0, 1, 0, -1}, loops.Innermost)
	require.Equal(t, int32(2), loops.Loops[1].Depth)
	require.Equal(t, int32(0), loops.Outermost(2))
	require.False(t, loops.Loops[0].Irreducible)
}

func TestIrreducibleLoop(t *testing.T) {
	g := build(t, jeq(1), mov(0, 1), jeq(-2), exit()) // 0 enters {1,2} at 1 and at 2
	loops := g.Loops()
	require.Len(t, loops.Loops, 1)
	require.True(t, loops.Loops[0].Irreducible)
	require.ElementsMatch(t, []int32{1, 2}, loops.Blocks(0))
}

func TestCallGraph(t *testing.T) {
	c := build(t,
		call(3), call(2), call(3), exit(), // 0: calls 4, 4, 6
		call(1), exit(), // 4: calls 6
		exit()).Calls() // 6
	require.Equal(t, []int32{0, 1, 2}, c.Depth)
	require.Len(t, c.CallsFrom(0), 3)
	require.Equal(t, []bool{false, false, false}, c.Recursive)

	c = build(t, call(1), exit(), call(1), exit(), call(-3), exit()).Calls()
	require.Equal(t, []bool{false, true, true}, c.Recursive)
	require.Equal(t, []int32{0, -1, -1}, c.Depth)
}

func TestLive(t *testing.T) {
	insns := append(funcRef(2, 5), // 0: r2 = func at 6
		mov(1, 4),                          // 2
		cfg.Insn{Op: cfg.OpCALL, Imm: 181}, // 3: reads r1 to r4
		cfg.Insn{Op: cfg.ClassALU64 | cfg.AluADD | cfg.SrcX, Regs: cfg.MakeRegs(0, 6)}, // 4
		exit(),            // 5
		mov(0, 0), exit()) // 6
	g := build(t, insns...)
	live := g.Live(func(int32) cfg.RegSet { return cfg.Args(4) })
	require.Equal(t, cfg.RegSet(1<<6|1<<4|1<<3), live[0])
	require.Zero(t, live[1])
	require.Equal(t, cfg.RegSet(1<<6|1<<4|1<<3|1<<2), live[2])
	require.Equal(t, cfg.RegSet(1<<6|1<<0), live[4])
	require.True(t, g.Live(nil)[0].Has(5), "a call whose arguments are unknown reads R5")
}

// randomProgram makes a function of jumps only.
func randomProgram(r *rand.Rand, n int) []cfg.Insn {
	insns := make([]cfg.Insn, n)
	for i := range insns {
		off := int16(r.IntN(n) - i - 1)
		switch r.IntN(6) {
		case 0, 1, 2:
			insns[i] = jeq(off)
		case 3:
			insns[i] = ja(off)
		case 4:
			insns[i] = mov(0, 0)
		default:
			insns[i] = exit()
		}
	}
	insns[n-1] = exit()
	return insns
}

// reach returns the blocks that can be reached from a block without passing
// through another.
func reach(next func(int32) []int32, n int, from, without int32) []bool {
	seen := make([]bool, n)
	if from == without {
		return seen
	}
	work := []int32{from}
	seen[from] = true
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		for _, s := range next(b) {
			if s != without && !seen[s] {
				seen[s] = true
				work = append(work, s)
			}
		}
	}
	return seen
}

// TestDominatorsByDefinition removes every block in turn.
func TestDominatorsByDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		g := build(t, randomProgram(r, 2+r.IntN(16))...)
		n := len(g.Blocks)
		dom, post := g.Dominators(), g.PostDominators()
		all := reach(g.Succs, n, 0, -1)
		for a := range n {
			without := reach(g.Succs, n, 0, int32(a))
			for b := range n {
				require.Equal(t, all[b] && !without[b], dom.Dominates(int32(a), int32(b)), "%v: %d dominates %d", g.Insns, a, b)
				exits := func(seen []bool) bool {
					for c, yes := range seen {
						if yes && g.Insns[g.Blocks[c].Last].Op == cfg.OpEXIT {
							return true
						}
					}
					return false
				}
				want := exits(reach(g.Succs, n, int32(b), -1)) && !exits(reach(g.Succs, n, int32(b), int32(a)))
				require.Equal(t, want, post.Dominates(int32(a), int32(b)), "%v: %d post-dominates %d", g.Insns, a, b)
			}
		}
	}
}

// TestLoopsByDefinition compares with strongly connected components and, where
// a header dominates its loop, with the definition of natural loops.
func TestLoopsByDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		g := build(t, randomProgram(r, 2+r.IntN(16))...)
		n := len(g.Blocks)
		loops, dom := g.Loops(), g.Dominators()
		reaches := make([][]bool, n)
		for b := range n {
			reaches[b] = make([]bool, n)
			for _, s := range g.Succs(int32(b)) {
				for c, yes := range reach(g.Succs, n, s, -1) {
					reaches[b][c] = reaches[b][c] || yes
				}
			}
		}
		for a := range int32(n) {
			if !g.Reachable(a) {
				require.Equal(t, int32(-1), loops.Innermost[a])
				continue
			}
			require.Equal(t, reaches[a][a], loops.Innermost[a] >= 0, "%v: block %d", g.Insns, a)
			for b := range int32(n) {
				if g.Reachable(b) {
					same := reaches[a][b] && reaches[b][a]
					require.Equal(t, same, loops.Outermost(a) >= 0 && loops.Outermost(a) == loops.Outermost(b), "%v: %d with %d", g.Insns, a, b)
				}
			}
		}
		for i, l := range loops.Loops {
			body := map[int32]bool{l.Header: true}
			entered := false
			for _, p := range g.Preds(l.Header) {
				if g.Reachable(p) && dom.Dominates(l.Header, p) {
					for b, yes := range reach(g.Preds, n, p, l.Header) {
						body[int32(b)] = body[int32(b)] || yes && g.Reachable(int32(b))
					}
				}
			}
			for _, b := range loops.Blocks(int32(i)) {
				for _, p := range g.Preds(b) {
					entered = entered || b != l.Header && g.Reachable(p) && !loops.Contains(int32(i), p)
				}
			}
			require.Equal(t, entered, l.Irreducible, "%v: header %d", g.Insns, l.Header)
			if l.Irreducible {
				continue
			}
			for b := range int32(n) {
				require.Equal(t, body[b], loops.Contains(int32(i), b), "%v: header %d, block %d", g.Insns, l.Header, b)
			}
		}
	}
}

// FuzzBuild feeds hostile streams. A graph that is built must be sound.
func FuzzBuild(f *testing.F) {
	f.Add(cfg.Encode([]cfg.Insn{jeq(1), call(1), exit(), exit()}, little))
	f.Add(cfg.Encode(append(funcRef(1, 2), jeq(-3), exit()), little))
	f.Fuzz(func(t *testing.T, raw []byte) {
		insns, err := cfg.Decode(raw[:len(raw)&^7], little)
		require.NoError(t, err)
		require.Equal(t, raw[:len(raw)&^7], cfg.Encode(insns, little))
		for i := range insns {
			require.NotEmpty(t, cfg.Disasm(insns, i))
		}
		g, err := cfg.Build(insns, cfg.Options{})
		if err != nil {
			require.ErrorIs(t, err, cfg.ErrMalformed)
			return
		}
		require.NoError(t, g.Check())
		require.Len(t, g.Live(nil), len(insns))
	})
}
