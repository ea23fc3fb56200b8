package load

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// maxObject bounds an object and what its sections describe, in bytes.
const maxObject = 64 << 20

// object is a relocatable file on its way to a collection.
type object struct {
	file      *elf.File
	budget    budget
	symbols   []elf.Symbol
	bySection map[elf.SectionIndex][]*elf.Symbol // by offset
	sections  []*section                         // by ELF index
	license   string
	version   uint32 // of the kernel, from section "version"
	spec      *ebpf.CollectionSpec

	types    *btf.Spec // nil without BTF
	info     *btf.ExtInfos
	datasecs map[string]*btf.Datasec

	arena   string                   // the map that section .addr_space.1 belongs to
	kconfig *ebpf.MapSpec            // the virtual map of configuration values
	config  map[string]uint32        // their offsets; nil until needed
	ksyms   map[string]btf.Type      // symbols of the kernel; nil until needed
	byID    map[uint32]*ebpf.MapSpec // iproute2's map ids
	members map[string]string        // struct_ops: "type:member" by program
}

// Parse reads one relocatable eBPF object. Its errors name the section and the
// offset; the caller adds the file.
func Parse(image []byte) (spec *ebpf.CollectionSpec, err error) {
	defer func() {
		// debug/elf and cilium/ebpf panic on some broken files.
		if r := recover(); r != nil {
			spec, err = nil, fmt.Errorf("broken object: %v", r)
		}
	}()
	if len(image) > maxObject {
		return nil, fmt.Errorf("object of %d bytes, more than %d", len(image), maxObject)
	}
	o, err := open(image)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(*object) error{
		(*object).readSections,
		(*object).readRelocations,
		(*object).readLegacyMaps,
		(*object).readMaps,
		(*object).readStructOps,
		(*object).readData,
		(*object).readFunctions,
		(*object).makePrograms,
	} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	return o.spec, nil
}

// open reads the ELF headers, the symbols and the types.
func open(image []byte) (*object, error) {
	if err := checkHeader(image); err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	// LLVM before 3.9 or so wrote no machine.
	if f.Machine != elf.EM_BPF && f.Machine != elf.EM_NONE {
		return nil, fmt.Errorf("machine is %s, not %s", f.Machine, elf.EM_BPF)
	}
	if f.Class != elf.ELFCLASS64 || f.Type != elf.ET_REL {
		return nil, fmt.Errorf("not a relocatable 64-bit file: %s, %s", f.Class, f.Type)
	}
	o := &object{
		file: f,
		spec: &ebpf.CollectionSpec{
			Maps:      make(map[string]*ebpf.MapSpec),
			Programs:  make(map[string]*ebpf.ProgramSpec),
			Variables: make(map[string]*ebpf.VariableSpec),
			ByteOrder: f.ByteOrder,
		},
		byID:    make(map[uint32]*ebpf.MapSpec),
		members: make(map[string]string),
	}
	o.symbols, err = f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, fmt.Errorf("symbols: %w", err)
	}
	o.sortSymbols()
	return o, o.readTypes(image)
}

// checkHeader gives clear errors where debug/elf says EOF.
func checkHeader(image []byte) error {
	h, ok := parseHeader(image)
	if !ok {
		return fmt.Errorf("no 64-bit ELF file in these %d bytes", len(image))
	}
	size := uint64(h.sectionNum) * uint64(h.sectionSize)
	if end := h.sectionsAt + size; end < size || end > uint64(len(image)) {
		return fmt.Errorf("section headers at %#x, %d of %d bytes, reach behind the end of the file at %#x",
			h.sectionsAt, h.sectionNum, h.sectionSize, len(image))
	}
	return nil
}

// symbol returns the symbol of an ELF index, nil when there is none.
func (o *object) symbol(index uint32) *elf.Symbol {
	if index == 0 || uint64(index) > uint64(len(o.symbols)) {
		return nil
	}
	return &o.symbols[index-1]
}

// sectionOf returns the section that defines a symbol, nil when it is undefined
// or absolute.
func (o *object) sectionOf(sym *elf.Symbol) *section {
	if int(sym.Section) >= len(o.sections) || sym.Section == elf.SHN_UNDEF {
		return nil
	}
	return o.sections[sym.Section]
}

func (o *object) order() binary.ByteOrder { return o.file.ByteOrder }
