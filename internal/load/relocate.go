package load

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflint/bpflint/prog"
)

// relocate makes an instruction refer to the symbol of its relocation.
func (o *object) relocate(ins *asm.Instruction, r *reloc) error {
	target := o.sectionOf(r.sym)
	if target == nil {
		return o.relocateExtern(ins, r.sym)
	}
	switch {
	case target.kind == code:
		return relocateCode(ins, r, target)
	case !ins.OpCode.IsDWordLoad():
		return fmt.Errorf("%s refers to section %s", ins, target.Name)
	case target.kind == legacyMaps || target.kind == btfMaps:
		return o.relocateMap(ins, r)
	case target.kind == data:
		return relocateData(ins, r, target.Name)
	case target.kind == arenaData:
		if o.arena == "" {
			return errors.New("a variable lies in an arena, and there is none")
		}
		return relocateData(ins, r, o.arena)
	}
	return fmt.Errorf("unsupported: reference to %q in section %s", r.sym.Name, target.Name)
}

// value is what the relocated word adds to its symbol.
func (r *reloc) value(ins *asm.Instruction) uint64 {
	return r.sym.Value + uint64(r.addend) + uint64(int64(int32(ins.Constant)))
}

func (o *object) relocateMap(ins *asm.Instruction, r *reloc) error {
	name := r.sym.Name
	if elf.ST_TYPE(r.sym.Info) == elf.STT_SECTION {
		name = o.symbolAt(r.sym.Section, r.value(ins))
	}
	if o.spec.Maps[name] == nil {
		return fmt.Errorf("%q is not a map", name)
	}
	ins.Src = asm.PseudoMapFD
	ins.Constant = 0
	*ins = ins.WithReference(name)
	return nil
}

// symbolAt returns the name of the variable at an offset of a section.
func (o *object) symbolAt(index elf.SectionIndex, offset uint64) string {
	syms := o.bySection[index]
	first, _ := slices.BinarySearchFunc(syms, offset, func(sym *elf.Symbol, off uint64) int { return cmp.Compare(sym.Value, off) })
	for _, sym := range syms[first:] {
		if sym.Value != offset {
			break
		}
		if isVariable(elf.ST_TYPE(sym.Info), elf.ST_BIND(sym.Info)) && sym.Name != "" {
			return sym.Name
		}
	}
	return ""
}

// relocateData makes the address of a variable an offset into a map's value.
func relocateData(ins *asm.Instruction, r *reloc, name string) error {
	ins.Src = asm.PseudoMapValue
	ins.Constant = int64(r.value(ins) << 32)
	*ins = ins.WithReference(name)
	return nil
}

// relocateCode handles calls and addresses of functions. A call holds a number
// of instructions relative to the next, the address one of bytes.
func relocateCode(ins *asm.Instruction, r *reloc, target *section) error {
	offset := r.sym.Value + uint64(r.addend)
	isSection := elf.ST_TYPE(r.sym.Info) == elf.STT_SECTION
	switch {
	case ins.IsFunctionCall():
		if isSection {
			offset += uint64((ins.Constant + 1) * slotSize)
		}
	case ins.OpCode.IsDWordLoad():
		offset += uint64(ins.Constant)
		ins.Src = asm.PseudoFunc
	default:
		return fmt.Errorf("%s refers to function %q", ins, r.sym.Name)
	}
	fn := target.functionAt(offset)
	if fn == nil {
		return fmt.Errorf("no function begins at offset %#x of section %s", offset, target.Name)
	}
	refer(ins, fn)
	return nil
}

// relocateExtern handles symbols that the object only declares. The types tell
// what is expected; without them it can only be a function that is to be linked
// from elsewhere, which is refused when the program is linked.
func (o *object) relocateExtern(ins *asm.Instruction, sym *elf.Symbol) error {
	ext := &prog.Extern{Name: sym.Name, Weak: elf.ST_BIND(sym.Info) == elf.STB_WEAK}
	*ins = ins.WithReference(sym.Name)
	if offset, ok := o.configOffset(sym.Name); ok && ins.OpCode.IsDWordLoad() {
		ext.Kind, ext.Config, ext.Offset = prog.ExternKconfig, o.kconfig, offset
		ins.Src = asm.PseudoMapValue
		*ins = prog.WithExtern(*ins, ext)
		return nil
	}
	switch typ := o.ksym(sym.Name).(type) {
	case *btf.Func:
		ext.Kind, ext.Type = prog.ExternKfunc, typ
		if !ins.OpCode.IsDWordLoad() {
			ins.Src = asm.PseudoKfuncCall
			ins.Constant = -1
		}
		*ins = prog.WithExtern(*ins, ext)
	case *btf.Var:
		if !ins.OpCode.IsDWordLoad() {
			return fmt.Errorf("%s refers to kernel variable %s", ins, sym.Name)
		}
		ext.Kind = prog.ExternKsym
		if _, void := btf.UnderlyingType(typ.Type).(*btf.Void); !void {
			ext.Type = typ
		}
		*ins = prog.WithExtern(*ins, ext)
	}
	return nil
}

// The sections that have no content, only types: symbols of the kernel and
// values of its configuration.
const (
	ksymsName   = ".ksyms"
	kconfigName = ".kconfig"
)

// ksym returns the declaration of a symbol of the kernel, nil when there is
// none of this name.
func (o *object) ksym(name string) btf.Type {
	if o.ksyms == nil {
		o.ksyms = make(map[string]btf.Type)
		if ds := o.datasec(ksymsName); ds != nil {
			for _, vsi := range ds.Vars {
				o.ksyms[vsi.Type.TypeName()] = vsi.Type
			}
		}
	}
	return o.ksyms[name]
}

// configOffset returns the place of a configuration value in the virtual map
// that holds them all.
func (o *object) configOffset(name string) (uint32, bool) {
	if o.config == nil {
		o.config = make(map[string]uint32)
		if ds := o.datasec(kconfigName); ds != nil {
			o.kconfig = newArray(kconfigName, uint64(ds.Size))
			o.kconfig.Flags = readOnlyProg
			o.kconfig.Key, o.kconfig.Value = &btf.Int{Size: 4}, ds
			for _, vsi := range ds.Vars {
				o.config[vsi.Type.TypeName()] = vsi.Offset
			}
		}
	}
	offset, ok := o.config[name]
	return offset, ok
}
