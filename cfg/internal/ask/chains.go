package ask

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// chainTypes are types whose frames the kernels count in different ways.
var chainTypes = []ebpf.ProgramType{ebpf.XDP, ebpf.Kprobe, ebpf.TracePoint, ebpf.SchedCLS}

// chains makes functions that use some stack and call later ones.
func chains(r *rand.Rand) []cfg.Insn {
	n := 2 + r.IntN(10)
	type site struct{ at, callee int }
	var out []cfg.Insn
	var sites []site
	starts := make([]int, n)
	deep := []int{16, 64, 200, 300}[r.IntN(4)]
	for fn := range n {
		starts[fn] = len(out)
		if r.IntN(4) != 0 {
			out = append(out, cfg.Insn{Op: cfg.ClassST | cfg.ModeMEM | cfg.SizeB, Regs: cfg.FP, Off: -int16(1 + r.IntN(deep))})
		}
		if r.IntN(12) == 0 && fn == n-1 || r.IntN(40) == 0 {
			out = append(out, tailCall()...)
		}
		// Each function but the last calls the next, so that all are used.
		for callee := fn + 1; callee < n; callee++ {
			if callee == fn+1 || r.IntN(6) == 0 {
				sites = append(sites, site{len(out), callee})
				out = append(out, cfg.Insn{Op: cfg.OpCALL, Regs: cfg.CallLocal << 4})
			}
		}
		out = append(out, cfg.Insn{Op: opMovK}, cfg.Insn{Op: cfg.OpEXIT})
	}
	for _, s := range sites {
		out[s.at].Imm = int32(starts[s.callee] - s.at - 1)
	}
	return out
}

// tailCall is one in a function that has the context in R1.
func tailCall() []cfg.Insn {
	return []cfg.Insn{
		{Op: cfg.OpLDIMM64, Regs: cfg.MakeRegs(2, cfg.ConstMap)}, {},
		{Op: opMovK, Regs: 3},
		{Op: cfg.OpCALL, Imm: 12},
	}
}
