// Package available rejects programs whose type, or a map of whose type, the
// target kernel does not have.
package available

import (
	"fmt"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

const (
	programType = "available/program-type"
	mapType     = "available/map-type"
	proposal    = "available/proposal"
)

// Analyzer looks at the types of the program and of its maps.
var Analyzer = &analysis.Analyzer{
	Name: "available",
	Doc: `reject program types and map types that the target kernel does not have

Both are refused before the verifier sees any instruction, and without a word in
its log. Helpers and instructions are looked at later: the kernel minds them only
where a path reaches them.`,
	URL: "https://docs.ebpf.io/linux/",
	Diagnostics: []analysis.Rule{
		{
			ID: programType, Severity: analysis.Reject, Title: "the target kernel does not have this program type",
			Doc: `Load such a program only where the kernel has its type. With cilium/ebpf, features.HaveProgramType
tells; with libbpf, libbpf_probe_bpf_prog_type.`,
		},
		{
			ID: proposal, Severity: analysis.Info, Title: "the program type was proposed and never merged",
			Doc: `The verdict says what a kernel with the proposal would say. The type exists with --extensions gtrace only. A
gtrace program gets a copy of the registers and of some data of the task, whatever event its caller was attached to:
kprobe, tracepoint, perf event and raw tracepoint programs can reach it by a tail call, which converts their context.
include/gtrace.h of this project has the context.`,
		},
		{
			ID: mapType, Severity: analysis.Reject, Title: "the target kernel does not have this map type",
			Doc: `The map cannot be created, so that no program that refers to it can be loaded. With cilium/ebpf,
features.HaveMapType tells; with libbpf, libbpf_probe_bpf_map_type.`,
		},
	},
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	p := pass.Program
	kernel := p.Target.Kernel
	if p.Type == linux.ProgGtrace {
		pass.Report(analysis.Diagnostic{
			ID: proposal, Insn: -1, Message: "programs of type gtrace are a proposal; no kernel loads them",
			Hint: "use a kprobe, a tracepoint or a perf event program where this must run",
		})
	} else if since, ok := linux.ProgramTypeSince(uint32(p.Type)); !ok || kernel.Less(since) {
		pass.Report(analysis.Diagnostic{
			ID: programType, Insn: -1, Errno: "EINVAL",
			Message: fmt.Sprintf("Linux %s has no programs of type %s", kernel, p.Type), Hint: raise(since, ok),
		})
	}
	for i, m := range p.Maps {
		for ; m != nil; m = m.Inner {
			if since, ok := linux.MapTypeSince(uint32(m.Spec.Type)); !ok || kernel.Less(since) {
				pass.Report(analysis.Diagnostic{
					ID: mapType, Insn: firstUse(p, i), Errno: "EINVAL",
					Message: fmt.Sprintf("map %s: Linux %s has no maps of type %s", m.Name, kernel, m.Spec.Type), Hint: raise(since, ok),
				})
			}
		}
	}
	return nil, nil
}

func raise(since linux.Version, ok bool) string {
	if !ok {
		return ""
	}
	return fmt.Sprintf("it came with Linux %s", since)
}

// firstUse returns the first instruction that refers to a map.
func firstUse(p *prog.Program, index int) int {
	for i, ins := range p.Insns {
		if ins.IsWide() && (ins.Src() == cfg.ConstMap || ins.Src() == cfg.ConstMapValue) && int(ins.Imm) == index {
			return i
		}
	}
	return -1
}
