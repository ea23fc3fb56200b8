// Package trace prints what a program does, instruction by instruction.
package trace

import (
	"fmt"
	"io"
	"path"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/exec/vm"
	"github.com/bpflint/bpflint/prog"
)

// Tracer is an exec.Observer that prints instructions before they run, each
// with its source line where a new one begins, and the registers that the one
// before has changed. It is for machines of one CPU.
type Tracer struct {
	out  io.Writer
	last [vm.NumRegs]uint64
	line *prog.Line
}

// New returns a tracer.
func New(out io.Writer) *Tracer { return &Tracer{out: out} }

// CPU has nothing to prepare.
func (t *Tracer) CPU(*vm.CPU) {}

// Program has every instruction of a program printed.
func (t *Tracer) Program(p *prog.Program) vm.Observer {
	return vm.Observer{Probe: func(slot int, _ bool) vm.Probe {
		text, line := cfg.Disasm(p.Insns, slot), p.LineAt(slot)
		return func(c *vm.CPU, slot int) {
			t.changes(c)
			if line != nil && line != t.line {
				fmt.Fprintf(t.out, "\n; %s @ %s:%d", line.Text, path.Clean(line.File), line.Line)
			}
			t.line = line
			fmt.Fprintf(t.out, "\n%4d: %s", slot, text)
		}
	}}
}

// changes prints the registers that have another value than before.
func (t *Tracer) changes(c *vm.CPU) {
	for i, v := range c.R[:vm.NumRegs] {
		if v != t.last[i] {
			fmt.Fprintf(t.out, "\tr%d=%#x", i, v)
			t.last[i] = v
		}
	}
}
