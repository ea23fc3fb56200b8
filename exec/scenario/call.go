package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/prog"
)

// function is a function of the kernel with the programs attached to it.
type function struct {
	*Function
	name     string
	addr     uint64
	programs [numPlaces][]*exec.Program
}

// firstFunction is the address of the first function that has none.
const (
	firstFunction  = 0xffff_ffff_8100_0000
	functionStride = 0x1000
)

func (w *World) addFunctions() error {
	next := uint64(firstFunction)
	for _, name := range sortedKeys(w.file.Functions) {
		f := w.file.Functions[name]
		fn := &function{Function: &f, name: name, addr: f.At}
		if fn.addr == 0 {
			fn.addr = next
			next += functionStride
		}
		w.functions[name] = fn
		if _, taken := w.names[name]; !taken {
			w.names[name] = fn.addr
		}
	}
	return nil
}

// failed reports whether a result is an error number.
func failed(v uint64) bool {
	const most = 4095
	return int64(v) < 0 && int64(v) >= -most || uint32(v>>32) == 0 && int32(v) < 0 && int32(v) >= -most
}

// maxCalls bounds the functions that one event calls.
const maxCalls = 10_000

// call runs a function with the programs attached to it and returns its result.
func (w *World) call(cpu int, name string, args []uint64, depth int) (uint64, error) {
	fn := w.functions[name]
	if len(w.step.Calls) >= maxCalls {
		return 0, w.file.at(fn.Line, "more than %d calls of functions", maxCalls)
	}
	at := len(w.step.Calls)
	w.step.Calls = append(w.step.Calls, Call{Function: name, Args: args, Depth: depth})
	w.depth = depth + 1
	value, skip, err := w.enter(cpu, fn, args)
	if err != nil {
		return 0, err
	}
	if !skip {
		if value, err = w.body(cpu, fn, depth); err != nil {
			return 0, err
		}
	}
	w.step.Calls[at].Return, w.step.Calls[at].Skipped = value, skip
	w.depth = depth + 1
	return value, w.leave(cpu, fn, args, value)
}

// body calls what the function calls; an error of one is its own.
func (w *World) body(cpu int, fn *function, depth int) (uint64, error) {
	for _, callee := range fn.Calls {
		v, err := w.call(cpu, callee, nil, depth+1)
		if err != nil {
			return 0, err
		}
		if !failed(v) {
			continue
		}
		for _, c := range fn.Cleanup {
			if _, err := w.call(cpu, c, nil, depth+1); err != nil {
				return 0, err
			}
		}
		return v, nil
	}
	v, err := w.names.number(fn.Returns)
	if err != nil {
		return 0, w.file.at(fn.Line, "returns: %w", err)
	}
	return v, nil
}

// enter runs the programs at the start of a function; skip says that one of
// them set the result.
func (w *World) enter(cpu int, fn *function, args []uint64) (value uint64, skip bool, err error) {
	regs := w.regs.entry(fn.addr, args)
	for _, p := range fn.programs[onEntry] {
		_, done, err := w.run(cpu, p, exec.Input{Ctx: regs}, helper.Call{IP: fn.addr})
		if err != nil {
			return 0, false, err
		}
		if !done.Overridden {
			continue
		}
		if !fn.Injectable {
			return 0, false, w.file.at(fn.Line, "program %s sets the result of %s, which did not opt in with injectable: true",
				p.Name(), fn.name)
		}
		value, skip = done.Value, true
	}
	for _, p := range fn.programs[onFentry] {
		if _, err := w.trampoline(cpu, fn, p, args, 0, false); err != nil {
			return 0, false, err
		}
	}
	if skip {
		return value, true, nil
	}
	for _, p := range fn.programs[onModify] {
		out, err := w.trampoline(cpu, fn, p, args, 0, true)
		if err != nil {
			return 0, false, err
		}
		if out != nil && out.Return != 0 {
			return uint64(int64(int32(out.Return))), true, nil
		}
	}
	return 0, false, nil
}

// leave runs the programs at the end of a function.
func (w *World) leave(cpu int, fn *function, args []uint64, value uint64) error {
	for _, p := range fn.programs[onFexit] {
		if _, err := w.trampoline(cpu, fn, p, args, value, true); err != nil {
			return err
		}
	}
	regs := w.regs.exit(fn.addr, args, value)
	for _, p := range fn.programs[onReturn] {
		if _, _, err := w.run(cpu, p, exec.Input{Ctx: regs}, helper.Call{IP: fn.addr, Exit: true}); err != nil {
			return err
		}
	}
	return nil
}

// trampoline calls a program with the arguments that its plan saves.
func (w *World) trampoline(cpu int, fn *function, p *exec.Program, args []uint64, value uint64, exit bool) (*exec.Output, error) {
	plan, err := planOf(p, fn)
	if err != nil {
		return nil, w.file.at(fn.Line, "program %s: %w", p.Name(), err)
	}
	call := helper.Call{IP: fn.addr, Args: plan.Saved(), Exit: exit}
	at := len(w.step.Runs)
	out, _, err := w.run(cpu, p, exec.Input{Ctx: plan.Context(args, value)}, call)
	if len(w.step.Runs) > at {
		w.step.Runs[at].Saved, w.step.Runs[at].Unmatched = plan.Saved(), !plan.Matched
	}
	return out, err
}

// planOf returns the trampoline of a program at a function. A function that the
// kernel's types do not list has as many arguments as the scenario says, and five
// are saved where it does not say.
func planOf(p *exec.Program, fn *function) (*prog.Trampoline, error) {
	plan, err := prog.TrampolineOf(p.Model())
	if err != nil || plan.Matched || fn.Args == 0 {
		return plan, err
	}
	described := prog.Trampoline{Target: plan.Target, Matched: true, Words: fn.Args, Result: -1}
	if plan.Result >= 0 {
		described.Result, described.Words = fn.Args, fn.Args+1
	}
	return &described, nil
}

// words makes arguments of 8 bytes.
func words(args []uint64) []byte {
	b := make([]byte, 8*len(args))
	for i, v := range args {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	return b
}

// run runs a program and notes it. A program that fires while another runs on
// the CPU is not run; it is counted as missed, and the result is nil.
func (w *World) run(cpu int, p *exec.Program, in exec.Input, call helper.Call) (*exec.Output, helper.Call, error) {
	if other := w.running[cpu]; other != nil {
		if p.Type() == ebpf.Tracing && other != p {
			return nil, call, fmt.Errorf("unsupported: program %s while %s runs on the same CPU", p.Name(), other.Name())
		}
		w.report.Missed[p.Name()]++
		w.step.Missed++
		return nil, call, nil
	}
	w.running[cpu] = p
	defer delete(w.running, cpu)
	env, _ := w.m.CPU(cpu)
	env.Call, env.Seq = call, nil
	sysctl := string(env.Sysctl.New)
	in.CPU, in.Attached = cpu, true
	at := len(w.step.Runs)
	w.step.Runs = append(w.step.Runs, Run{Program: p.Name(), After: len(w.step.Calls), Depth: w.depth})
	out, err := p.Run(in)
	if err != nil {
		return nil, call, w.file.at(w.step.line, "%w", err)
	}
	r := &w.step.Runs[at]
	r.Return, r.Insns, r.Printed = out.Return, out.Insns, string(env.Seq)
	r.Effects = w.effects(env, out, sysctl)
	if env.Call.Overridden {
		v := env.Call.Value
		r.Sets = &v
	}
	if len(out.Data) > 0 {
		r.Data = bytes.Clone(out.Data)
	}
	return out, env.Call, nil
}
