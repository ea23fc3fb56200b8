package load

import (
	"debug/elf"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// readMaps reads the definitions in section .maps: each is a variable of a
// struct type whose members say what the map is (libbpf, BTF-defined maps).
func (o *object) readMaps() error {
	for index, s := range o.sections {
		if s.kind != btfMaps {
			continue
		}
		ds := o.datasec(s.Name)
		if ds == nil {
			return s.errorf(0, "maps are defined by type, and there are no types for them")
		}
		vars := make(map[string]*btf.Var)
		for _, vsi := range ds.Vars {
			if v, ok := vsi.Type.(*btf.Var); ok {
				vars[v.Name] = v
			}
		}
		for _, sym := range o.variables(index) {
			v := vars[sym.Name]
			if v == nil {
				return s.errorf(sym.Value, "map %s has no type", sym.Name)
			}
			if err := o.addMap(s, sym, v); err != nil {
				return s.errorf(sym.Value, "map %s: %w", sym.Name, err)
			}
		}
	}
	return nil
}

func (o *object) addMap(s *section, sym *elf.Symbol, v *btf.Var) error {
	if o.spec.Maps[sym.Name] != nil {
		return errors.New("defined twice")
	}
	if sym.Value+sym.Size > s.Size || sym.Value+sym.Size < sym.Value {
		return fmt.Errorf("%d bytes do not fit the section's %d", sym.Size, s.Size)
	}
	for i, b := range s.bytes[sym.Value : sym.Value+sym.Size] {
		if b != 0 {
			return fmt.Errorf("unsupported: initial value (byte %d)", i)
		}
	}
	def, ok := btf.UnderlyingType(v.Type).(*btf.Struct)
	if !ok {
		return fmt.Errorf("type is %s, not a struct", v.Type)
	}
	m := &mapDef{object: o, section: s, sym: sym, spec: &ebpf.MapSpec{Name: mapName(sym.Name), Tags: v.Tags}}
	if err := m.read(def); err != nil {
		return err
	}
	o.spec.Maps[sym.Name] = m.spec
	if m.spec.Type == ebpf.Arena {
		o.arena = sym.Name
	}
	return nil
}

// mapDef is one definition by type, or that of an inner map.
type mapDef struct {
	object  *object
	section *section
	sym     *elf.Symbol
	spec    *ebpf.MapSpec
	inner   bool
}

func (m *mapDef) read(def *btf.Struct) error {
	for _, member := range def.Members {
		if err := m.set(member); err != nil {
			return fmt.Errorf("member %s: %w", member.Name, err)
		}
	}
	if m.spec.Value != nil && valueless[m.spec.Type] {
		m.spec.ValueSize = 0
	}
	return nil
}

func (m *mapDef) set(member btf.Member) error {
	if member.Name == "values" {
		return m.readValues(member)
	}
	set, ok := mapMembers[member.Name]
	if !ok {
		return errors.New("unsupported: no such property of a map")
	}
	return set(m.spec, member.Type)
}

// valueless are map types that take a type of value for documentation only.
var valueless = map[ebpf.MapType]bool{
	ebpf.RingBuf: true, ebpf.UserRingbuf: true, ebpf.Arena: true, ebpf.PerfEventArray: true,
}

// mapMembers tells what each member of a definition sets, but for values.
var mapMembers = map[string]func(*ebpf.MapSpec, btf.Type) error{
	"type":        func(m *ebpf.MapSpec, t btf.Type) error { return setUint((*uint32)(&m.Type), t) },
	"map_flags":   func(m *ebpf.MapSpec, t btf.Type) error { return setUint(&m.Flags, t) },
	"max_entries": func(m *ebpf.MapSpec, t btf.Type) error { return setUint(&m.MaxEntries, t) },
	"key_size":    func(m *ebpf.MapSpec, t btf.Type) error { return setUint(&m.KeySize, t) },
	"value_size":  func(m *ebpf.MapSpec, t btf.Type) error { return setUint(&m.ValueSize, t) },
	"numa_node":   func(m *ebpf.MapSpec, t btf.Type) error { return setUint(&m.NumaNode, t) },
	"key":         func(m *ebpf.MapSpec, t btf.Type) error { return setType(&m.Key, &m.KeySize, t) },
	"value":       func(m *ebpf.MapSpec, t btf.Type) error { return setType(&m.Value, &m.ValueSize, t) },
	"pinning": func(m *ebpf.MapSpec, t btf.Type) error {
		n, err := uintOf(t)
		m.Pinning = ebpf.PinType(n)
		return err
	},
	"map_extra": func(m *ebpf.MapSpec, t btf.Type) (err error) {
		m.MapExtra, err = uintOf(t)
		return err
	},
}

// uintOf reads a number that is written as a type: the length of the array that
// a pointer points to, or the first value of an enum.
func uintOf(typ btf.Type) (uint64, error) {
	switch typ := btf.UnderlyingType(typ).(type) {
	case *btf.Pointer:
		if array, ok := btf.UnderlyingType(typ.Target).(*btf.Array); ok {
			return uint64(array.Nelems), nil
		}
	case *btf.Enum:
		if len(typ.Values) > 0 {
			return typ.Values[0].Value, nil
		}
	}
	return 0, fmt.Errorf("no number is written as %s", typ)
}

func setUint(field *uint32, typ btf.Type) error {
	n, err := uintOf(typ)
	if err == nil && n > math.MaxUint32 {
		err = fmt.Errorf("%d is too large", n)
	}
	*field = uint32(n)
	return err
}

func setType(field *btf.Type, size *uint32, typ btf.Type) error {
	ptr, ok := btf.UnderlyingType(typ).(*btf.Pointer)
	if !ok {
		return fmt.Errorf("type is %s, not a pointer", typ)
	}
	n, err := btf.Sizeof(ptr.Target)
	if err != nil {
		return err
	}
	if *size != 0 && *size != uint32(n) {
		return fmt.Errorf("type has %d bytes, but %d are asked for", n, *size)
	}
	*field, *size = ptr.Target, uint32(n)
	return nil
}

// readValues reads what a map holds from the start: pointers to inner maps or
// to programs. Their type gives the inner map's definition.
func (m *mapDef) readValues(member btf.Member) error {
	if m.inner {
		return errors.New("an inner map cannot hold maps")
	}
	array, ok := btf.UnderlyingType(member.Type).(*btf.Array)
	if !ok {
		return fmt.Errorf("type is %s, not an array", member.Type)
	}
	ptr, ok := btf.UnderlyingType(array.Type).(*btf.Pointer)
	if !ok {
		return fmt.Errorf("elements are %s, not pointers", array.Type)
	}
	m.spec.ValueSize = 4
	if def, ok := btf.UnderlyingType(ptr.Target).(*btf.Struct); ok {
		inner := &mapDef{object: m.object, section: m.section, sym: m.sym, inner: true,
			spec: &ebpf.MapSpec{Name: m.spec.Name + "_inner"}}
		if err := inner.read(def); err != nil {
			return fmt.Errorf("inner map: %w", err)
		}
		m.spec.InnerMap = inner.spec
	}
	m.spec.Contents = m.section.pointers(m.sym, uint64(member.Offset.Bytes()))
	return nil
}

// pointers returns the symbols that the words of an array refer to, by index.
// The array goes from an offset within a variable to its end.
func (s *section) pointers(sym *elf.Symbol, offset uint64) []ebpf.MapKV {
	const word = 8
	var kvs []ebpf.MapKV
	start := sym.Value + offset
	first, _ := slices.BinarySearchFunc(s.relocs, start, compareOffset)
	for _, r := range s.relocs[first:] {
		if r.offset >= sym.Value+sym.Size {
			break
		}
		if r.sym.Name != "" {
			kvs = append(kvs, ebpf.MapKV{Key: uint32((r.offset - start) / word), Value: r.sym.Name})
		}
	}
	return kvs
}
