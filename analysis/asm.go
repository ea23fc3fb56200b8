package analysis

import (
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/prog"
)

// disassemble returns the text of the instruction at a slot as the target's
// verifier prints it, with the names of what it refers to.
func disassemble(p *prog.Program, insn int) string {
	if insn > 0 && p.Insns[insn].Op == 0 && p.Insns[insn-1].IsWide() {
		insn-- // the second half of a constant
	}
	ins := p.Insns[insn]
	if ins.IsWide() && insn+1 == len(p.Insns) {
		return "half of a 64-bit constant"
	}
	return Printer(p).Text(p.Insns, insn)
}

// Printer returns a printer for the instructions of a program.
func Printer(p *prog.Program) cfg.Printer {
	printer := cfg.Printer{
		Kfunc: func(call cfg.Insn) string { return KfuncName(p, call) },
		Map: func(index int32) string {
			if index < 0 || int(index) >= len(p.Maps) {
				return ""
			}
			return p.Maps[index].Name
		},
	}
	if p.Target != nil {
		printer.Kernel = p.Target.Kernel
	}
	return printer
}

// KfuncName returns the name of the kernel function that an instruction calls,
// "" when the target has none with that ID.
func KfuncName(p *prog.Program, call cfg.Insn) string {
	if p.Target == nil || !call.IsKfuncCall() || call.Off != 0 {
		return ""
	}
	types, err := p.Target.Types()
	if err != nil || types == nil {
		return ""
	}
	t, err := types.TypeByID(btf.TypeID(call.Imm))
	if err != nil {
		return ""
	}
	if fn, ok := t.(*btf.Func); ok {
		return fn.Name
	}
	return ""
}
