package load

import (
	"debug/elf"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// readOnlyProg is BPF_F_RDONLY_PROG.
const readOnlyProg = 1 << 7

// readData makes a map of each section with global variables.
func (o *object) readData() error {
	for index, s := range o.sections {
		if s.kind != data || s.Size == 0 {
			continue
		}
		syms := o.variables(index)
		if !s.referenced && len(syms) == 0 {
			continue
		}
		if o.spec.Maps[s.Name] != nil {
			return s.errorf(0, "two sections have this name")
		}
		content := s.bytes
		if content == nil {
			if err := o.budget.spendBytes(s.Size); err != nil {
				return s.errorf(0, "%w", err)
			}
			content = make([]byte, s.Size)
		}
		m := newArray(s.Name, s.Size)
		m.Contents = []ebpf.MapKV{{Key: uint32(0), Value: content}}
		if strings.HasPrefix(s.Name, ".rodata") {
			m.Flags = readOnlyProg
		}
		if ds := o.datasec(s.Name); ds != nil {
			m.Key, m.Value = &btf.Void{}, ds
		}
		o.spec.Maps[s.Name] = m
		if err := o.readVariables(s, syms, content); err != nil {
			return err
		}
	}
	return nil
}

// readVariables lists the variables of a section that users may set.
func (o *object) readVariables(s *section, syms []*elf.Symbol, content []byte) error {
	types := make(map[string]*btf.Var)
	if ds := o.datasec(s.Name); ds != nil {
		for _, vsi := range ds.Vars {
			if v, ok := vsi.Type.(*btf.Var); ok {
				types[v.Name] = v
			}
		}
	}
	for _, sym := range syms {
		hidden := elf.ST_VISIBILITY(sym.Other) != elf.STV_DEFAULT
		local := elf.ST_BIND(sym.Info) == elf.STB_LOCAL
		end := sym.Value + sym.Size
		if hidden || local || strings.HasPrefix(sym.Name, ".") || end > uint64(len(content)) || end < sym.Value {
			continue
		}
		if err := o.budget.spendBytes(sym.Size); err != nil {
			return s.errorf(sym.Value, "variable %s: %w", sym.Name, err)
		}
		o.spec.Variables[sym.Name] = &ebpf.VariableSpec{
			Name:        sym.Name,
			SectionName: s.Name,
			Offset:      uint32(sym.Value),
			Value:       slices.Clone(content[sym.Value:end]),
			Type:        types[sym.Name],
		}
	}
	return nil
}
