package load

import (
	"debug/elf"

	"github.com/cilium/ebpf"
)

// A legacy map definition is a row of 32-bit words. The first five are those of
// libbpf's struct bpf_map_def; what follows depends on who defined the struct.
const (
	wordType = iota
	wordKeySize
	wordValueSize
	wordMaxEntries
	wordFlags

	// struct bpf_elf_map of iproute2, 36 bytes.
	wordID
	wordPinning
	wordInnerID
	wordInnerIndex
	elfMapWords

	// struct bpf_map_def of the kernel's samples before 5.12, 28 bytes.
	wordSampleInner = wordID
	wordSampleNode  = wordPinning
	sampleWords     = 7
)

// numaNode is BPF_F_NUMA_NODE.
const numaNode = 1 << 2

// legacyMap is a definition as it stands in the section.
type legacyMap struct {
	name  string
	words []uint32
	spec  *ebpf.MapSpec
}

// readLegacyMaps reads the definitions in section maps. Structs of any length
// are accepted; the symbols tell where each begins.
func (o *object) readLegacyMaps() error {
	for index, s := range o.sections {
		if s.kind != legacyMaps {
			continue
		}
		syms := o.variables(index)
		defs := make([]*legacyMap, 0, len(syms))
		for i, sym := range syms {
			def, err := o.legacyMap(s, syms, i)
			if err != nil {
				return err
			}
			if o.spec.Maps[sym.Name] != nil {
				return s.errorf(sym.Value, "map %s is defined twice", sym.Name)
			}
			o.spec.Maps[sym.Name] = def.spec
			defs = append(defs, def)
		}
		o.setInnerMaps(defs)
	}
	return nil
}

func (o *object) legacyMap(s *section, syms []*elf.Symbol, i int) (*legacyMap, error) {
	sym := syms[i]
	end, err := s.extent(syms, i)
	if err != nil {
		return nil, err
	}
	if end-sym.Value < 4*(wordMaxEntries+1) || end > uint64(len(s.bytes)) {
		return nil, s.errorf(sym.Value, "map %s has %d bytes, want at least %d", sym.Name, end-sym.Value, 4*(wordMaxEntries+1))
	}
	def := &legacyMap{name: sym.Name}
	for at := sym.Value; at+4 <= end && len(def.words) < elfMapWords; at += 4 {
		def.words = append(def.words, o.order().Uint32(s.bytes[at:]))
	}
	whole := end - sym.Value
	def.spec = &ebpf.MapSpec{
		Name:       mapName(sym.Name),
		Type:       ebpf.MapType(def.words[wordType]),
		KeySize:    def.words[wordKeySize],
		ValueSize:  def.words[wordValueSize],
		MaxEntries: def.words[wordMaxEntries],
		Flags:      def.word(wordFlags),
	}
	switch whole {
	case 4 * elfMapWords:
		def.spec.Pinning = ebpf.PinType(min(def.words[wordPinning], 1))
		if id := def.words[wordID]; id != 0 {
			o.byID[id] = def.spec
		}
	case 4 * sampleWords:
		if def.spec.Flags&numaNode != 0 {
			def.spec.NumaNode = def.words[wordSampleNode]
		}
	}
	fixLegacy(def.spec)
	return def, nil
}

func (d *legacyMap) word(i int) uint32 {
	if i >= len(d.words) {
		return 0
	}
	return d.words[i]
}

// noPrealloc is BPF_F_NO_PREALLOC.
const noPrealloc = 1 << 0

// fixLegacy makes a definition one that kernels accept: those of the time of
// these structs were less strict, or their loaders corrected them.
func fixLegacy(m *ebpf.MapSpec) {
	switch m.Type {
	case ebpf.LPMTrie:
		m.Flags |= noPrealloc
	case ebpf.PerfEventArray, ebpf.ProgramArray, ebpf.ArrayOfMaps, ebpf.HashOfMaps:
		m.ValueSize = 4
	}
}

// setInnerMaps finds the inner maps of maps of maps: by id with iproute2's
// struct, by position with that of the samples.
func (o *object) setInnerMaps(defs []*legacyMap) {
	for _, def := range defs {
		if def.spec.Type != ebpf.ArrayOfMaps && def.spec.Type != ebpf.HashOfMaps {
			continue
		}
		var inner *ebpf.MapSpec
		switch len(def.words) {
		case elfMapWords:
			if id := def.words[wordInnerID]; id != 0 {
				inner = o.byID[id]
			}
		case sampleWords - 1, sampleWords:
			if at := def.words[wordSampleInner]; uint64(at) < uint64(len(defs)) {
				inner = defs[at].spec
			}
		}
		if inner != nil && inner.Type != ebpf.ArrayOfMaps && inner.Type != ebpf.HashOfMaps {
			def.spec.InnerMap = inner.Copy()
		}
	}
}
