package scenario

import (
	"slices"
	"strings"
)

// check refuses what can be seen to be wrong without programs.
func (f *File) check() error {
	switch {
	case f.Version != Version:
		return f.at(1, "version %d: want version: %d", f.Version, Version)
	case layouts[f.Arch] == nil:
		return f.at(1, "arch %q: want %s or %s", f.Arch, archX86, archARM64)
	case len(f.Events) == 0:
		return f.at(1, "there are no events")
	}
	if _, _, err := f.network(); err != nil {
		return err
	}
	if err := f.checkMemory(); err != nil {
		return err
	}
	for name, fn := range f.Functions {
		for _, callee := range slices.Concat(fn.Calls, fn.Cleanup) {
			if _, ok := f.Functions[callee]; !ok {
				return f.at(fn.Line, "function %s calls %q, which is not among the functions", name, callee)
			}
		}
	}
	for name, h := range f.Helpers {
		for _, callee := range h.Calls {
			if _, ok := f.Functions[callee]; !ok {
				return f.at(h.Line, "helper %s calls %q, which is not among the functions", name, callee)
			}
		}
		for reg := range h.Writes {
			if len(reg) != 2 || reg[0] != 'r' || reg[1] < '1' || reg[1] > '5' {
				return f.at(h.Line, "helper %s writes to %q: want r1 to r5", name, reg)
			}
		}
	}
	for i := range f.Events {
		if err := f.checkEvent(&f.Events[i]); err != nil {
			return err
		}
	}
	return f.checkCycles()
}

func (f *File) checkMemory() error {
	const maxMemory = 1 << 28
	names := make(map[string]bool)
	for _, m := range f.Memory {
		forms := 0
		for _, given := range []bool{m.Text != "", m.Hex != "", len(m.Words) > 0} {
			if given {
				forms++
			}
		}
		switch {
		case m.Name == "" && m.At == 0:
			return f.at(m.Line, "memory needs a name or an address")
		case forms > 1:
			return f.at(m.Line, "memory is given by one of text, hex and words")
		case m.Size < 0 || m.Size > maxMemory || forms == 0 && m.Size == 0:
			return f.at(m.Line, "memory needs contents, or a size of 1 to %d bytes", maxMemory)
		case m.Name != "" && names[m.Name]:
			return f.at(m.Line, "there is another %q", m.Name)
		}
		names[m.Name] = true
	}
	for _, o := range f.Objects {
		switch {
		case o.Name == "" || o.Type == "":
			return f.at(o.Line, "an object needs a name and a type")
		case names[o.Name]:
			return f.at(o.Line, "there is another %q", o.Name)
		}
		names[o.Name] = true
	}
	return nil
}

func (f *File) checkEvent(e *Event) error {
	kinds := 0
	for _, given := range []bool{e.Call != "", e.Program != "", e.Tracepoint != "", e.RawTracepoint != "", e.Advance > 0} {
		if given {
			kinds++
		}
	}
	forms := 0
	for _, given := range []bool{len(e.Ctx) > 0, len(e.Regs) > 0, len(e.Args) > 0, e.Struct != "", e.Format != "", e.Sysctl != nil} {
		if given {
			forms++
		}
	}
	switch {
	case kinds != 1:
		return f.at(e.Line, "an event is one of call, program, tracepoint, raw_tracepoint and advance")
	case forms > 1:
		return f.at(e.Line, "a context is given by one of ctx, regs, args, struct, format and sysctl")
	case len(e.Fields) > 0 && e.Struct == "" && e.Format == "":
		return f.at(e.Line, "fields need a struct or a format")
	case e.Tracepoint != "" && !strings.ContainsAny(e.Tracepoint, ":/"):
		return f.at(e.Line, "tracepoint %q: want category:name", e.Tracepoint)
	case e.CPU < 0:
		return f.at(e.Line, "cpu %d: want at least 0", e.CPU)
	case e.Repeat < 0:
		return f.at(e.Line, "repeat %d: want at least 1", e.Repeat)
	}
	if _, ok := f.Functions[e.Call]; e.Call != "" && !ok {
		return f.at(e.Line, "%q is not among the functions", e.Call)
	}
	return nil
}

// checkCycles refuses functions that call themselves.
func (f *File) checkCycles() error {
	const active, done = 1, 2
	state := make(map[string]int)
	var visit func(name string) error
	visit = func(name string) error {
		fn := f.Functions[name]
		switch state[name] {
		case active:
			return f.at(fn.Line, "function %s calls itself", name)
		case done:
			return nil
		}
		state[name] = active
		for _, callee := range slices.Concat(fn.Calls, fn.Cleanup) {
			if err := visit(callee); err != nil {
				return err
			}
		}
		state[name] = done
		return nil
	}
	for name := range f.Functions {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}
