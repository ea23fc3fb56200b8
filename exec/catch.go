package exec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpflint/bpflint/exec/kfunc"
	"github.com/bpflint/bpflint/exec/vm"
)

// catch ends a program that threw: its result is what its exception callback
// makes of the cookie, or the cookie itself. Other errors stay.
func (p *Program) catch(c *cpu, err error) (uint64, error) {
	var thrown *kfunc.Thrown
	if !errors.As(err, &thrown) {
		return 0, err
	}
	var at *vm.Error
	if errors.As(err, &at) {
		p = p.machine.owner(at.Code, p)
	}
	name := p.exceptionCallback()
	if name == "" {
		return thrown.Cookie, nil
	}
	for _, f := range p.prog.Funcs {
		if f.Name == name {
			return c.vm.RunFunc(p.code, p.code.Func(f.Start), thrown.Cookie)
		}
	}
	return 0, fmt.Errorf("unsupported: exception callback %s, which is not linked into the program", name)
}

// exceptionCallback is the name of the function that handles exceptions, from
// the main function's declaration tag; empty when there is none.
func (p *Program) exceptionCallback() string {
	if len(p.prog.Funcs) == 0 || p.prog.Funcs[0].Type == nil {
		return ""
	}
	for _, tag := range p.prog.Funcs[0].Type.Tags {
		if name, ok := strings.CutPrefix(tag, "exception_callback:"); ok {
			return name
		}
	}
	return ""
}

// owner returns the program of some code.
func (m *Machine) owner(code *vm.Code, other *Program) *Program {
	for _, p := range m.programs {
		if p.code == code {
			return p
		}
	}
	return other
}
