package cfg_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/internal/linux"
)

// loggedRegs is what the log says of a slot before exploration.
type loggedRegs struct {
	slot int32
	live cfg.RegSet
	scc  string
}

// liveSection reads the lines "  1   3: .12....... (bf) r1 = r2", with the
// number of the strongly connected component in front.
func liveSection(log string) []loggedRegs {
	_, section, _ := strings.Cut(log, "Live regs before insn:\n")
	var out []loggedRegs
	for line := range strings.Lines(section) {
		head, rest, ok := strings.Cut(line, ": ")
		if !ok || len(rest) < 10 || strings.Trim(rest[:10], ".0123456789") != "" {
			break
		}
		fields := strings.Fields(head)
		slot, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil {
			break
		}
		row := loggedRegs{slot: int32(slot)}
		if len(fields) == 2 {
			row.scc = fields[0]
		}
		for reg, c := range rest[:10] {
			if c != '.' {
				row.live |= 1 << reg
			}
		}
		out = append(out, row)
	}
	return out
}

// TestLiveKernel compares live registers and strongly connected components with
// those that the running kernel logs (since 6.16).
func TestLiveKernel(t *testing.T) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip(err)
	}
	version, err := linux.ParseVersion(strings.TrimSpace(string(release)))
	if err != nil || version != linux.V6_18 {
		t.Skipf("running on %s, want 6.18: later kernels fold constants first", release)
	}
	kernel, err := ask.NewKernel()
	if err != nil {
		t.Skip(err)
	}
	random := 4000
	if testing.Short() {
		random = 400
	}
	tables := linux.For(version)
	hook := tables.Hook(uint32(ebpf.SocketFilter), 0, false, "")
	args := func(call cfg.Insn) int {
		h := tables.HelperOf(hook, uint32(call.Imm))
		if !call.IsHelperCall() || h == nil || !hook.MayCall(uint32(call.Imm), linux.CapAll) {
			return 5
		}
		n := 0
		for n < len(h.Args) && h.Args[n].Kind != linux.ArgNone {
			n++
		}
		return n
	}
	compared := 0
	for _, c := range ask.Generate(11, random) {
		if !c.Caps.Has(linux.CapBPF) || c.Type != ebpf.SocketFilter {
			continue
		}
		rows := liveSection(kernel.Log(c))
		if len(rows) == 0 {
			continue
		}
		g, err := cfg.Build(c.Insns, cfg.Options{})
		require.NoError(t, err)
		compareLive(t, g, g.Live(func(call int32) cfg.RegSet { return cfg.Args(args(g.Insns[call])) }), rows)
		compared++
	}
	t.Logf("%d programs", compared)
	require.NotZero(t, compared)
}

func compareLive(t *testing.T, g *cfg.Graph, live []cfg.RegSet, rows []loggedRegs) {
	t.Helper()
	loops := g.Loops()
	sccs := map[string]int32{"": -1}
	for _, row := range rows {
		const shown = 1<<10 - 1
		require.Equal(t, row.live, live[row.slot]&shown, "slot %d: %s", row.slot, cfg.Disasm(g.Insns, int(row.slot)))
		loop := loops.Outermost(g.BlockOf[row.slot])
		if known, ok := sccs[row.scc]; ok {
			require.Equal(t, known, loop, "slot %d of component %q", row.slot, row.scc)
		}
		sccs[row.scc] = loop
	}
}
