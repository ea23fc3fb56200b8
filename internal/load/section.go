package load

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// kind tells what a section is to a loader.
type kind uint8

const (
	other      kind = iota
	code            // programs and functions
	legacyMaps      // struct bpf_map_def, struct bpf_elf_map
	btfMaps         // definitions by type
	data            // global variables: an array with one element
	arenaData       // global variables in an arena
	structOps       // tables of functions for the kernel
)

// section is a section with its relocations, by offset.
type section struct {
	*elf.Section
	kind       kind
	bytes      []byte // nil for kinds that are not read and for zeroed data
	relocs     []reloc
	referenced bool
	funcs      []*function
}

// reloc says that the word at an offset refers to a symbol.
type reloc struct {
	offset uint64
	sym    *elf.Symbol
	addend int64 // of the relocation itself, beside what the word holds
}

// errorf returns an error that names a place in the section.
func (s *section) errorf(offset uint64, format string, args ...any) error {
	return fmt.Errorf("section %s, offset %#x: %w", s.Name, offset, fmt.Errorf(format, args...))
}

// reloc returns the relocation at an offset, nil when there is none.
func (s *section) reloc(offset uint64) *reloc {
	i, ok := slices.BinarySearchFunc(s.relocs, offset, compareOffset)
	if !ok {
		return nil
	}
	return &s.relocs[i]
}

func compareOffset(r reloc, offset uint64) int { return cmp.Compare(r.offset, offset) }

func kindOf(s *elf.Section) kind {
	under := func(base string) bool { return s.Name == base || strings.HasPrefix(s.Name, base+".") }
	switch {
	case s.Name == "maps" || strings.HasPrefix(s.Name, "maps/"):
		return legacyMaps
	case s.Name == ".maps":
		return btfMaps
	case s.Name == ".addr_space.1":
		return arenaData
	case under(".data"), under(".rodata"), under(".bss"):
		return data
	case under(".struct_ops") || under("?.struct_ops"):
		return structOps
	case s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_EXECINSTR != 0:
		return code
	}
	return other
}

// readSections sorts out the sections and reads those that matter.
func (o *object) readSections() error {
	for i, s := range o.file.Sections {
		sec := &section{Section: s}
		o.sections = append(o.sections, sec)
		if i == 0 {
			continue
		}
		sec.kind = kindOf(s)
		isLicense, isVersion := s.Name == "license", s.Name == "version"
		if sec.kind == other && !isLicense && !isVersion {
			continue
		}
		if err := o.read(sec); err != nil {
			return err
		}
		if isLicense {
			o.license = strings.TrimRight(string(sec.bytes), "\x00")
		}
		if isVersion && len(sec.bytes) == 4 {
			o.version = o.order().Uint32(sec.bytes)
		}
	}
	return nil
}

// read reads the content of a section, nil for zeroed ones.
func (o *object) read(s *section) error {
	if s.Size > maxObject {
		return s.errorf(0, "size %d, more than %d", s.Size, maxObject)
	}
	if s.Flags&elf.SHF_COMPRESSED != 0 {
		return s.errorf(0, "unsupported: compressed section")
	}
	if s.Type == elf.SHT_NOBITS || s.Size == 0 {
		return nil
	}
	if err := o.budget.spendBytes(s.Size); err != nil {
		return s.errorf(0, "%w", err)
	}
	content, err := s.Data()
	if err != nil {
		return s.errorf(0, "%w (at %#x in the file, %d bytes)", err, s.Offset, s.Size)
	}
	s.bytes = content
	return nil
}

// readRelocations attaches the relocations to the sections that they are about.
func (o *object) readRelocations() error {
	for _, s := range o.sections {
		if s.Type != elf.SHT_REL && s.Type != elf.SHT_RELA {
			continue
		}
		if int(s.Info) >= len(o.sections) {
			return s.errorf(0, "relocations for section %d, of which there are %d", s.Info, len(o.sections))
		}
		if target := o.sections[s.Info]; target.kind != other {
			if err := o.readRelocs(s, target); err != nil {
				return err
			}
		}
	}
	for _, s := range o.sections {
		slices.SortStableFunc(s.relocs, func(a, b reloc) int { return cmp.Compare(a.offset, b.offset) })
	}
	return nil
}

// readRelocs decodes Elf64_Rel and Elf64_Rela entries.
func (o *object) readRelocs(s, target *section) error {
	if err := o.read(s); err != nil {
		return err
	}
	size := uint64(16)
	if s.Type == elf.SHT_RELA {
		size = 24
	}
	if err := o.budget.spendRelocs(uint64(len(s.bytes)) / size); err != nil {
		return s.errorf(0, "%w", err)
	}
	for at := uint64(0); at+size <= uint64(len(s.bytes)); at += size {
		entry := s.bytes[at:]
		r := reloc{offset: o.order().Uint64(entry)}
		index := elf.R_SYM64(o.order().Uint64(entry[8:]))
		if r.sym = o.symbol(index); r.sym == nil {
			return s.errorf(at, "symbol %d does not exist", index)
		}
		if r.offset >= target.Size {
			return s.errorf(at, "offset %#x lies outside of section %s", r.offset, target.Name)
		}
		if size == 24 {
			r.addend = int64(o.order().Uint64(entry[16:]))
		}
		if to := o.sectionOf(r.sym); to != nil {
			to.referenced = true
		}
		target.relocs = append(target.relocs, r)
	}
	s.bytes = nil
	return nil
}

// isVariable tells symbols of data. LLVM before 8 wrote no types.
func isVariable(typ elf.SymType, _ elf.SymBind) bool {
	return typ == elf.STT_OBJECT || typ == elf.STT_NOTYPE
}

// isFunction tells symbols of code. Local ones without a type are labels.
func isFunction(typ elf.SymType, bind elf.SymBind) bool {
	return typ == elf.STT_FUNC || typ == elf.STT_NOTYPE && bind != elf.STB_LOCAL
}

// variables returns the symbols of a data section by offset.
func (o *object) variables(index int) []*elf.Symbol { return o.symbolsIn(index, isVariable) }

// functions returns the symbols of a code section by offset.
func (o *object) functions(index int) []*elf.Symbol { return o.symbolsIn(index, isFunction) }

func (o *object) symbolsIn(index int, want func(elf.SymType, elf.SymBind) bool) []*elf.Symbol {
	var syms []*elf.Symbol
	for _, sym := range o.bySection[elf.SectionIndex(index)] {
		if sym.Name != "" && want(elf.ST_TYPE(sym.Info), elf.ST_BIND(sym.Info)) {
			syms = append(syms, sym)
		}
	}
	return syms
}

// sortSymbols lists the symbols of each section by offset.
func (o *object) sortSymbols() {
	o.bySection = make(map[elf.SectionIndex][]*elf.Symbol)
	for i := range o.symbols {
		sym := &o.symbols[i]
		o.bySection[sym.Section] = append(o.bySection[sym.Section], sym)
	}
	for _, syms := range o.bySection {
		slices.SortStableFunc(syms, func(a, b *elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	}
}

// extent returns where a symbol's content ends: by its size, or where it has
// none at the next symbol or the section's end.
func (s *section) extent(syms []*elf.Symbol, i int) (uint64, error) {
	sym := syms[i]
	end := s.Size
	if sym.Size > 0 {
		end = sym.Value + sym.Size
	} else {
		for _, next := range syms[i+1:] {
			if next.Value > sym.Value {
				end = next.Value
				break
			}
		}
	}
	if sym.Value > s.Size || end > s.Size || end < sym.Value {
		return 0, s.errorf(sym.Value, "symbol %s of %d bytes does not fit the section's %d", sym.Name, sym.Size, s.Size)
	}
	return end, nil
}

// datasec returns the types of a section's variables, nil when there are none.
func (o *object) datasec(name string) *btf.Datasec {
	if o.types == nil {
		return nil
	}
	if ds, known := o.datasecs[name]; known {
		return ds
	}
	var ds *btf.Datasec
	err := o.types.TypeByName(name, &ds)
	if err != nil && name == ksymsName {
		// cilium/ebpf refuses variables with a type when it first sees the
		// section, and returns it from then on.
		err = o.types.TypeByName(name, &ds)
	}
	if err != nil {
		ds = nil
	}
	o.datasecs[name] = ds
	return ds
}

func newArray(name string, size uint64) *ebpf.MapSpec {
	return &ebpf.MapSpec{Name: mapName(name), Type: ebpf.Array, KeySize: 4, ValueSize: uint32(size), MaxEntries: 1}
}

// mapName drops the characters that the kernel does not accept in names.
func mapName(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '_', c == '.', c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return c
		}
		return -1
	}, s)
}
