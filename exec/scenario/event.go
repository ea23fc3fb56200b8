package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// play does one event and compares it with what is expected.
func (w *World) play(e *Event) error {
	w.report.Events = append(w.report.Events, Step{line: e.Line, Line: int(e.Line), CPU: e.CPU})
	w.step, w.depth = &w.report.Events[len(w.report.Events)-1], 0
	restore, err := w.setting(e)
	if err != nil {
		return err
	}
	defer restore()
	for range max(e.Repeat, 1) {
		if err := w.once(e); err != nil {
			return err
		}
	}
	if e.Expect != nil {
		return w.compare(e)
	}
	return nil
}

// setting gives the CPU the task and the stack of an event; the function that
// it returns takes them away.
func (w *World) setting(e *Event) (func(), error) {
	env, _ := w.m.CPU(e.CPU)
	task, stack, sysctl := env.Task, env.Stack, env.Sysctl
	if e.Sysctl != nil {
		env.Sysctl, _ = e.Sysctl.opened()
	}
	if e.Task != "" {
		t, ok := w.tasks[e.Task]
		if !ok {
			return nil, w.file.at(e.Line, "there is no task %q", e.Task)
		}
		env.Task = t
	}
	if e.Stack != nil {
		var err error
		if env.Stack.Kernel, err = w.numbers(e.Stack.Kernel); err == nil {
			env.Stack.User, err = w.numbers(e.Stack.User)
		}
		if err != nil {
			return nil, err
		}
	}
	return func() { env.Task, env.Stack, env.Sysctl = task, stack, sysctl }, nil
}

func (w *World) numbers(values []Value) ([]uint64, error) {
	var list []uint64
	for _, v := range values {
		n, err := w.names.number(v)
		if err != nil {
			return nil, w.file.at(v.Line, "%w", err)
		}
		list = append(list, n)
	}
	return list, nil
}

func (w *World) once(e *Event) error {
	switch {
	case e.Call != "":
		return w.playCall(e)
	case e.Advance > 0:
		w.step.What = fmt.Sprintf("advance %v", time.Duration(e.Advance))
		n, err := w.m.RunTimers(e.CPU, time.Duration(e.Advance))
		w.step.Timers += n
		if err != nil {
			return w.file.at(e.Line, "%w", err)
		}
		return nil
	case e.Program != "":
		w.step.What = "program " + e.Program
		p := w.m.Program(e.Program)
		if p == nil {
			return w.file.at(e.Line, "there is no program %q", e.Program)
		}
		return w.fire(e, []*exec.Program{p})
	}
	name := e.RawTracepoint
	w.step.What = "raw tracepoint " + name
	if e.Tracepoint != "" {
		name = strings.ReplaceAll(e.Tracepoint, "/", ":")
		w.step.What = "tracepoint " + name
	}
	if len(w.probes[name]) == 0 {
		return w.file.at(e.Line, "no program is attached to %s", name)
	}
	return w.fire(e, w.probes[name])
}

func (w *World) playCall(e *Event) error {
	args, err := w.numbers(e.Args)
	if err != nil {
		return err
	}
	w.step.What = "call " + e.Call
	value, err := w.call(e.CPU, e.Call, args, 0)
	w.step.Return = &value
	return err
}

// fire runs programs with the context of an event.
func (w *World) fire(e *Event, programs []*exec.Program) error {
	for _, p := range programs {
		ctx, err := w.context(e, p)
		if err != nil {
			return w.file.at(e.Line, "%w", err)
		}
		out, _, err := w.run(e.CPU, p, exec.Input{Data: e.Data, Ctx: ctx}, helper.Call{Args: len(e.Args)})
		if err != nil {
			return err
		}
		if out != nil {
			v := uint64(out.Return)
			w.step.Return = &v
		}
	}
	return nil
}

// context makes the context that an event describes.
func (w *World) context(e *Event, p *exec.Program) ([]byte, error) {
	switch {
	case e.Sysctl != nil:
		_, ctx := e.Sysctl.opened()
		return ctx, nil
	case len(e.Regs) > 0:
		return w.registers(e, p)
	case len(e.Args) > 0:
		args, err := w.numbers(e.Args)
		if plan, _ := prog.TrampolineOf(p.Model()); plan != nil && plan.Matched {
			return plan.Context(args, 0), err
		}
		return words(args), err
	case e.Struct != "":
		t, err := w.m.Type(e.Struct)
		if err != nil {
			return nil, err
		}
		size, err := btf.Sizeof(t)
		if err != nil {
			return nil, err
		}
		b := make([]byte, size)
		return b, w.putFields(b, t, e.Fields)
	case e.Format != "":
		return w.record(e)
	}
	return e.Ctx, nil
}

func (w *World) putFields(b []byte, t btf.Type, fields map[string]Value) error {
	for _, path := range sortedKeys(fields) {
		if err := w.names.put(b, t, path, fields[path]); err != nil {
			return err
		}
	}
	return nil
}

// registers makes struct pt_regs, with what a perf event has after it.
func (w *World) registers(e *Event, p *exec.Program) ([]byte, error) {
	values, sample := make(map[string]uint64), make([]byte, 16)
	for name, v := range e.Regs {
		n, err := w.names.number(v)
		switch {
		case err != nil:
			return nil, err
		case name == "sample_period" && p.Type() == ebpf.PerfEvent:
			binary.LittleEndian.PutUint64(sample, n)
		case name == "addr" && p.Type() == ebpf.PerfEvent:
			binary.LittleEndian.PutUint64(sample[8:], n)
		default:
			values[name] = n
		}
	}
	regs, err := w.regs.regs(values)
	if err == nil && p.Type() == ebpf.PerfEvent {
		machine, _ := linux.ParseArch(w.file.Arch) // checked when the file was read
		regs = append(regs[:linux.UserRegsSize(machine)], sample...)
	}
	return regs, err
}

// compare holds what happened against what the event expects.
func (w *World) compare(e *Event) error {
	x, s := e.Expect, w.step
	if x.Return != nil {
		want, err := w.names.number(*x.Return)
		switch {
		case err != nil:
			return w.file.at(x.Return.Line, "%w", err)
		case s.Return == nil:
			return w.file.at(x.Return.Line, "expected %s to return %s, but nothing ran", s.What, result(want))
		case *s.Return != want && uint32(*s.Return) != uint32(want):
			return w.file.at(x.Return.Line, "%s returned %s, expected %s", s.What, result(*s.Return), result(want))
		}
	}
	var ran, skipped []string
	for _, c := range s.Calls {
		if c.Skipped {
			skipped = append(skipped, c.Function)
		} else {
			ran = append(ran, c.Function)
		}
	}
	for _, list := range []struct {
		what      string
		want, got []string
	}{{"functions whose body ran", x.Ran, ran}, {"functions whose body was skipped", x.Skipped, skipped}, {"trace", x.Trace, s.Trace}} {
		if list.want != nil && !slices.Equal(list.want, list.got) {
			return w.file.at(x.Line, "%s: %s: %q, expected %q", s.What, list.what, list.got, list.want)
		}
	}
	if x.Missed != nil && *x.Missed != s.Missed {
		return w.file.at(x.Line, "%s: %d programs missed, expected %d", s.What, s.Missed, *x.Missed)
	}
	if x.Data != nil && (len(s.Runs) == 0 || !bytes.Equal(s.Runs[len(s.Runs)-1].Data, *x.Data)) {
		return w.file.at(x.Line, "%s: the data is not what was expected", s.What)
	}
	return nil
}
