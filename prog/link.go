package prog

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/cfg"
	"github.com/bpflint/bpflint/internal/linux"
)

// Link does to one program of a collection what a loader does before it calls
// bpf(2), without a kernel: CO-RE relocations are applied, calls, maps, kfuncs,
// kernel symbols and configuration values resolved, maps completed. What had to
// be assumed is in the program's Notes. An error says why a loader refuses the
// program.
//
// Link does not modify the spec; programs of one spec may be linked
// concurrently.
func Link(spec *ebpf.CollectionSpec, name string, t *Target) (*Program, error) {
	ps := spec.Programs[name]
	if ps == nil {
		return nil, fmt.Errorf("program %s: there is none of this name", name)
	}
	if len(ps.Instructions) == 0 {
		return nil, fmt.Errorf("program %s: no instructions", name)
	}
	l := &linker{spec: spec, target: t, order: byteOrder(ps, spec, t)}
	l.prog = &Program{
		Name:       name,
		Section:    ps.SectionName,
		License:    ps.License,
		Type:       ps.Type,
		AttachType: ps.AttachType,
		AttachTo:   ps.AttachTo,
		Flags:      ps.Flags,

		KernelVersion: ps.KernelVersion,
		Target:        t,
		order:         l.order,
	}
	if linux.IsGtraceSection(ps.SectionName) {
		if t.Extensions&linux.ExtGtrace == 0 {
			return nil, fmt.Errorf("program %s: section %s is of a proposal that was never merged into Linux; enable it with --extensions gtrace", name, ps.SectionName)
		}
		l.prog.Type = linux.ProgGtrace
	}
	if err := l.findReplaced(); err != nil {
		return nil, fmt.Errorf("program %s: %w", name, err)
	}
	if err := l.link(slices.Clone(ps.Instructions)); err != nil {
		return nil, fmt.Errorf("program %s: %w", name, err)
	}
	return l.prog, nil
}

// linker holds what the steps of one Link share.
type linker struct {
	spec   *ebpf.CollectionSpec
	target *Target
	order  binary.ByteOrder
	prog   *Program
	types  *localTypes
	maps   map[string]int // by symbol: index into prog.Maps
}

func byteOrder(ps *ebpf.ProgramSpec, spec *ebpf.CollectionSpec, t *Target) binary.ByteOrder {
	for _, order := range []binary.ByteOrder{t.Order, ps.ByteOrder, spec.ByteOrder} {
		if order != nil {
			return order
		}
	}
	return binary.LittleEndian
}

// link runs the steps. They work on a copy of the instructions whose metadata
// is shared with the spec and only ever replaced.
func (l *linker) link(insns asm.Instructions) error {
	symbols, err := symbolTable(insns)
	if err != nil {
		return err
	}
	l.types = newLocalTypes(l.spec.Types, insns)
	l.describe(insns)
	if err := l.relocate(insns); err != nil {
		return err
	}
	if err := l.types.finish(insns); err != nil {
		return err
	}
	l.prog.Types, l.prog.local = l.types.spec, l.types.used
	l.maps = make(map[string]int)
	l.prog.Insns = make([]cfg.Insn, 0, insns.Size()/asm.InstructionSize)
	for it := insns.Iterate(); it.Next(); {
		if err := l.resolve(it.Ins, int(it.Offset), symbols); err != nil {
			return fmt.Errorf("instruction %d: %w", it.Offset, err)
		}
		if l.prog.Insns, err = appendSlots(l.prog.Insns, it.Ins); err != nil {
			return fmt.Errorf("instruction %d: %w", it.Offset, err)
		}
	}
	l.prog.Funcs = findFuncs(l.prog.Insns, l.named(insns))
	l.complete()
	return nil
}

// resolve gives an instruction the value that the kernel is to see.
func (l *linker) resolve(ins *asm.Instruction, slot int, symbols map[string]int) error {
	if ext := externOf(ins); ext != nil {
		return l.resolveExtern(ins, slot, ext)
	}
	if ins.IsLoadFromMap() {
		return l.resolveMap(ins)
	}
	l.replaceHelper(ins, slot)
	return resolve(ins, slot, symbols)
}

func (l *linker) note(kind NoteKind, insn int, format string, args ...any) {
	l.prog.Notes = append(l.prog.Notes, Note{Kind: kind, Insn: insn, Text: fmt.Sprintf(format, args...)})
}

// describe takes the source lines from the instructions' metadata.
func (l *linker) describe(insns asm.Instructions) {
	for it := insns.Iterate(); it.Next(); {
		source := it.Ins.Source()
		if source == nil {
			continue
		}
		line := Line{Insn: int(it.Offset), Text: source.String(), source: source}
		if pos, ok := source.(*btf.Line); ok {
			line.File = pos.FileName()
			line.Line = int(pos.LineNumber())
			line.Column = int(pos.LineColumn())
		}
		l.prog.Lines = append(l.prog.Lines, line)
	}
}

// named returns the functions that the instructions' metadata names: those with
// func_info.
func (l *linker) named(insns asm.Instructions) map[int]Func {
	named := make(map[int]Func)
	for it := insns.Iterate(); it.Next(); {
		f := Func{Name: it.Ins.Symbol(), Start: int(it.Offset), Type: l.types.fn(it.Ins)}
		if f.Type != nil {
			l.prog.ExtInfo = true
			if f.Name == "" {
				f.Name = f.Type.Name
			}
		}
		if f.Name != "" || f.Type != nil {
			named[f.Start] = f
		}
	}
	return named
}

// findFuncs returns the subprograms of a stream as the kernel finds them: the
// entry, what is called and what is taken as a function's address. Functions
// with func_info are listed as well. The names come from named.
func findFuncs(insns []cfg.Insn, named map[int]Func) []Func {
	starts := map[int]bool{0: true}
	for start, f := range named {
		if f.Type != nil {
			starts[start] = true
		}
	}
	for i := 0; i < len(insns); i++ {
		ins := insns[i]
		wide := ins.Op == cfg.OpLDIMM64
		if ins.Op == cfg.OpCALL && ins.Src() == cfg.CallLocal || wide && ins.Src() == cfg.ConstFunc {
			// A target outside of the stream is for the verifier to refuse.
			if to := i + 1 + int(ins.Imm); to >= 0 && to < len(insns) {
				starts[to] = true
			}
		}
		if wide {
			i++
		}
	}
	funcs := make([]Func, 0, len(starts))
	for start := range starts {
		f := named[start]
		f.Start = start
		funcs = append(funcs, f)
	}
	slices.SortFunc(funcs, func(a, b Func) int { return a.Start - b.Start })
	return funcs
}

// complete fills in what the collection leaves open.
func (l *linker) complete() {
	p := l.prog
	if p.Funcs[0].Name == "" {
		p.Funcs[0].Name = p.Name
	}
	if p.License == "" {
		p.License = "GPL"
		l.note(NoteLicense, -1, "no licence in the object: GPL assumed")
	}
	if p.Type == ebpf.UnspecifiedProgram {
		p.Type, p.AttachType, _ = GuessType(l.spec.Programs[p.Name])
		l.note(NoteType, -1, "section %q tells no program type: %s assumed", p.Section, p.Type)
	}
}
