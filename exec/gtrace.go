package exec

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/internal/linux"
)

// cast makes the context of a gtrace program from the one that R1 points to, of
// the type that R4 holds, and leaves its address in R1.
func (p *Program) cast(c *vm.CPU) error {
	env, typ := helper.EnvOf(c), uint32(c.R[linux.CastRegister])
	if typ != p.guest.Type {
		return fmt.Errorf("R4=%#x at the tail call is not the type of the program, %d", c.R[linux.CastRegister], p.guest.Type)
	}
	g := hook.Gtrace{
		Start: env.Task.Start, PID: env.Task.PID, TGID: env.Task.TGID, Comm: env.Task.Comm,
		CPU: uint32(c.ID), Caller: typ,
	}
	switch ebpf.ProgramType(typ) {
	case ebpf.Kprobe, ebpf.PerfEvent: // their context begins with the registers
		regs, err := c.Mem.Read(c.R[1], hook.RegsSize)
		if err != nil {
			return fmt.Errorf("registers for a gtrace program: %w", err)
		}
		g.Regs = regs
	default:
		var ip uint64
		if len(env.Stack.Kernel) > 0 {
			ip = env.Stack.Kernel[0]
		}
		g.Regs = hook.CallerRegs(ip)
	}
	c.R[1] = g.Show(c.Mem)
	return nil
}
