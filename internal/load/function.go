package load

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"slices"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

const slotSize = 8

// function is the code of one symbol.
type function struct {
	name   string
	label  string // the name, made unique
	offset uint64
	end    uint64
	global bool
	insns  asm.Instructions
	called bool // by another function
}

// readFunctions splits the code sections at their symbols, decodes each function
// and resolves what its instructions refer to.
func (o *object) readFunctions() error {
	for index, s := range o.sections {
		if s.kind != code || s.Size == 0 {
			continue
		}
		if s.Size%slotSize != 0 {
			return s.errorf(0, "size %d is not a number of instructions", s.Size)
		}
		if err := o.findFunctions(s, o.functions(index)); err != nil {
			return err
		}
	}
	o.labelFunctions()
	for _, s := range o.sections {
		for _, fn := range s.funcs {
			if err := o.decode(s, fn); err != nil {
				return err
			}
		}
		o.describe(s)
	}
	return nil
}

func (o *object) findFunctions(s *section, syms []*elf.Symbol) error {
	for i, sym := range syms {
		end, err := s.extent(syms, i)
		if err != nil {
			return err
		}
		if i > 0 && syms[i-1].Value == sym.Value {
			continue // another name for the same code
		}
		if sym.Value%slotSize != 0 || end%slotSize != 0 || sym.Value == end {
			return s.errorf(sym.Value, "function %s is not a number of instructions", sym.Name)
		}
		if n := len(s.funcs); n > 0 && s.funcs[n-1].end > sym.Value {
			return s.errorf(sym.Value, "function %s overlaps %s", sym.Name, s.funcs[n-1].name)
		}
		s.funcs = append(s.funcs, &function{name: sym.Name, offset: sym.Value, end: end,
			global: elf.ST_BIND(sym.Info) != elf.STB_LOCAL})
	}
	if len(s.funcs) == 0 {
		// Assembled without symbols: the section is the function.
		s.funcs = []*function{{name: s.Name, end: s.Size, global: true}}
	}
	return nil
}

// labelFunctions gives functions with the same name, which static ones may
// have, different labels.
func (o *object) labelFunctions() {
	count := make(map[string]int)
	for _, s := range o.sections {
		for _, fn := range s.funcs {
			fn.label = fn.name
			if n := count[fn.name]; n > 0 {
				fn.label = fmt.Sprintf("%s.%d", fn.name, n)
			}
			count[fn.name]++
		}
	}
}

// functionAt returns the function that begins at an offset.
func (s *section) functionAt(offset uint64) *function {
	i, ok := slices.BinarySearchFunc(s.funcs, offset, func(fn *function, off uint64) int { return cmp.Compare(fn.offset, off) })
	if !ok {
		return nil
	}
	return s.funcs[i]
}

func (o *object) decode(s *section, fn *function) error {
	if fn.end > uint64(len(s.bytes)) {
		return s.errorf(fn.offset, "function %s has no content", fn.name)
	}
	if err := o.budget.spendSlots(int(fn.end-fn.offset) / slotSize); err != nil {
		return s.errorf(fn.offset, "%w", err)
	}
	body := bytes.NewReader(s.bytes[fn.offset:fn.end])
	insns, err := asm.AppendInstructions(make(asm.Instructions, 0, (fn.end-fn.offset)/slotSize), body, o.order(), "linux")
	if err != nil {
		return s.errorf(fn.offset, "function %s: %w", fn.name, err)
	}
	insns[0] = insns[0].WithSymbol(fn.label)
	for it := insns.Iterate(); it.Next(); {
		at := fn.offset + it.Offset.Bytes()
		var err error
		if r := s.reloc(at); r != nil {
			err = o.relocate(it.Ins, r)
		} else {
			err = s.resolveRelative(it.Ins, fn, at)
		}
		if err != nil {
			return s.errorf(at, "function %s: %w", fn.name, err)
		}
	}
	fn.insns = insns
	return nil
}

// resolveRelative turns a call of another function in the same section into a
// reference, since the functions will be moved apart.
func (s *section) resolveRelative(ins *asm.Instruction, fn *function, at uint64) error {
	if !ins.IsFunctionReference() {
		return nil
	}
	to := at + uint64((ins.Constant+1)*slotSize)
	if to >= fn.offset && to < fn.end && to != fn.offset {
		return nil // a label within the function
	}
	target := s.functionAt(to)
	if target == nil {
		return fmt.Errorf("call to offset %#x, where no function begins", to)
	}
	refer(ins, target)
	return nil
}

// refer makes a call or the load of a function's address a reference.
func refer(ins *asm.Instruction, fn *function) {
	*ins = ins.WithReference(fn.label)
	ins.Constant = -1
	fn.called = true
}

// describe attaches what section .BTF.ext says of a section's instructions:
// types of functions, source lines, CO-RE relocations.
func (o *object) describe(s *section) {
	if len(s.funcs) == 0 {
		return
	}
	funcs, lines, relos := o.info.Section(s.Name)
	for _, fn := range s.funcs {
		for it := fn.insns.Iterate(); it.Next(); {
			at := asm.RawInstructionOffset(fn.offset/slotSize) + it.Offset
			for ; len(funcs) > 0 && funcs[0].Offset <= at; funcs = funcs[1:] {
				if funcs[0].Offset == at {
					*it.Ins = btf.WithFuncMetadata(*it.Ins, funcs[0].Func)
				}
			}
			for ; len(lines) > 0 && lines[0].Offset <= at; lines = lines[1:] {
				if lines[0].Offset == at {
					*it.Ins = it.Ins.WithSource(lines[0].Line)
				}
			}
			for ; len(relos) > 0 && relos[0].Offset <= at; relos = relos[1:] {
				if relos[0].Offset == at {
					*it.Ins = btf.WithCORERelocationMetadata(*it.Ins, relos[0].Relo)
				}
			}
		}
	}
}
