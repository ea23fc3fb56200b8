package precheck_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

func explored(t *testing.T, insns []cfg.Insn, maps ...*prog.Map) []cfg.Insn {
	t.Helper()
	p := prog.FromSlots(&prog.Target{Kernel: linux.V7_2, Caps: linux.CapAll}, ebpf.SocketFilter, insns)
	p.Maps = maps
	require.Nil(t, precheck.Check(p))
	g, err := cfg.Build(insns, cfg.Options{})
	require.NoError(t, err)
	return precheck.Explored(p, g)
}

// TestExploredAsLogged compares with what the log of 7.2 shows of instructions
// when R0 to R9 are 0: some branches have become jumps.
func TestExploredAsLogged(t *testing.T) {
	logged := map[cfg.Insn]string{}
	f, err := os.Open("../testdata/listing-7.2.txt")
	require.NoError(t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		code, text, _ := strings.Cut(lines.Text(), " ")
		raw, err := hex.DecodeString(code)
		require.NoError(t, err)
		insns, err := cfg.Decode(raw, binary.LittleEndian)
		require.NoError(t, err)
		logged[insns[0]] = text
	}
	jumps := 0
	for _, c := range ask.Fields() {
		want, ok := logged[c.Insns[ask.FieldSlot]]
		if !ok {
			continue
		}
		code := explored(t, c.Insns)
		require.Equal(t, want, cfg.Printer{Kernel: linux.V7_2}.Insn(code, ask.FieldSlot))
		if code[ask.FieldSlot] != c.Insns[ask.FieldSlot] {
			jumps++
		}
	}
	require.Greater(t, jumps, 100)
}

func TestExploredMaps(t *testing.T) {
	const rdonlyProg = 1 << 7
	insns := []cfg.Insn{
		{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(1, cfg.ConstMapValue)}, {Imm: 2},
		{Op: cfg.ClassLDX | cfg.ModeMEM | cfg.SizeH, Regs: cfg.MakeRegs(2, 1), Off: 1}, // bytes 3 and 4
		{Op: cfg.ClassALU64 | cfg.AluMOV},
		{Op: cfg.ClassJMP | cfg.JmpJEQ, Regs: 2, Off: 1, Imm: 0x0504},
		{Op: cfg.ClassALU64 | cfg.AluMOV, Imm: 1},
		{Op: cfg.OpEXIT},
	}
	data := func(flags uint32, frozen bool) *prog.Map {
		return &prog.Map{
			Name: "data", Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Frozen: frozen,
			Spec: &ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1, Flags: flags},
		}
	}
	require.Equal(t, cfg.Insn{Op: cfg.OpJA, Off: 1}, explored(t, insns, data(rdonlyProg, true))[4])
	require.Equal(t, insns, explored(t, insns, data(rdonlyProg, false)))
	require.Equal(t, insns, explored(t, insns, data(0, true)))
}
