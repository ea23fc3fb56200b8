package precheck_test

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/require"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/cfg/internal/ask"
	"github.com/bpflint/bpflint/cfg/precheck"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// FuzzCheck feeds hostile streams. What passes the checks has a sound graph,
// but on kernels that let jumps lead into 16-byte instructions.
func FuzzCheck(f *testing.F) {
	for i, c := range ask.Generate(1, 200) {
		if i%40 == 0 {
			f.Add(cfg.Encode(c.Insns, binary.LittleEndian), uint8(i), true)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, version uint8, privileged bool) {
		insns, err := cfg.Decode(raw[:len(raw)&^7], binary.LittleEndian)
		require.NoError(t, err)
		target := &prog.Target{Kernel: linux.Targets()[int(version)%len(linux.Targets())]}
		if privileged {
			target.Caps = linux.CapAll
		}
		p := prog.FromSlots(target, ebpf.SocketFilter, insns)
		if precheck.Check(p) != nil {
			return
		}
		g, err := cfg.Build(insns, cfg.Options{})
		if err != nil {
			require.False(t, target.Kernel.Has(linux.WideCheckedInFlow), "%v", err)
			return
		}
		require.NoError(t, g.Check())
		require.Len(t, precheck.Explored(p, g), len(insns))
		depths := precheck.MinStack(p)
		require.Len(t, depths, len(g.Funcs))
		use := make([]precheck.FuncUse, len(depths))
		for i, d := range depths {
			use[i] = precheck.FuncUse{Stack: d, Global: i%2 == 1, Async: i%5 == 4, Callback: i%3 == 2}
		}
		precheck.CheckStack(p, use, nil)
	})
}
