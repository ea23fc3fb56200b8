package exec

import (
	"encoding"
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/helper"
	"github.com/bpflint/bpflint/exec/maps"
	"github.com/bpflint/bpflint/prog"
)

// Map is a map as user space sees it. Errors are errno.Errno values. A value of
// a per-CPU map is the values of all CPUs, each padded to 8 bytes.
type Map struct {
	machine *Machine
	entry   helper.Entry
	model   *prog.Map
	array   *progArray // nil for other maps
}

// Map returns a map, nil when there is none of that name.
func (m *Machine) Map(name string) *Map { return m.maps[name] }

// Maps returns all maps by name.
func (m *Machine) Maps() map[string]*Map { return m.maps }

// Name returns the map's name.
func (m *Map) Name() string { return m.model.Name }

// Spec returns what the map was made from.
func (m *Map) Spec() *ebpf.MapSpec { return m.model.Spec }

// Raw returns the map itself, such as a *maps.Ring.
func (m *Map) Raw() maps.Map { return m.entry.Map }

// Lookup copies a value.
func (m *Map) Lookup(key []byte) ([]byte, error) {
	if err := m.checkKey(key); err != nil {
		return nil, err
	}
	v, e := m.entry.Map.Get(key)
	return v, asError(e)
}

// checkKey refuses keys of another length than the map's.
func (m *Map) checkKey(key []byte) error {
	if want := m.entry.Map.Spec().KeySize; len(key) != int(want) {
		return fmt.Errorf("map %s: key of %d bytes, want %d", m.Name(), len(key), want)
	}
	return nil
}

// Update sets a value.
func (m *Map) Update(key, value []byte, flags uint64) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	if want := m.ValueLen(); len(value) != want {
		return fmt.Errorf("map %s: value of %d bytes, want %d", m.Name(), len(value), want)
	}
	return asError(m.entry.Map.Put(key, value, flags))
}

// ValueLen is the length of a value for user space.
func (m *Map) ValueLen() int {
	size := int(m.entry.Map.Spec().ValueSize)
	switch m.entry.Map.Spec().Type {
	case ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash, ebpf.PerCPUCGroupStorage:
		return (size + 7) &^ 7 * m.machine.CPUs()
	}
	return size
}

// Delete removes a key.
func (m *Map) Delete(key []byte) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	if m.array != nil {
		return m.change(binary.LittleEndian.Uint32(key), func(key []byte) error { return asError(m.entry.Map.Delete(key)) })
	}
	return asError(m.entry.Map.Delete(key))
}

// Next returns the key after one, the first for nil; ENOENT after the last.
func (m *Map) Next(key []byte) ([]byte, error) {
	if key != nil {
		if err := m.checkKey(key); err != nil {
			return nil, err
		}
	}
	k, e := m.entry.Map.Next(key)
	return k, asError(e)
}

// SetMap puts a map into a map of maps.
func (m *Map) SetMap(key []byte, inner *Map) error {
	return m.set(key, inner.entry, m.entry.Map.Spec().Type)
}

func (m *Map) set(key []byte, object any, want ebpf.MapType) error {
	refs, ok := m.entry.Map.(*maps.Refs)
	if !ok || m.entry.Map.Spec().Type != want {
		return fmt.Errorf("map %s cannot hold that", m.Name())
	}
	if err := m.checkKey(key); err != nil {
		return err
	}
	return asError(refs.Set(key, m.machine.lastID.Add(1), object, maps.Any))
}

func asError(e errno.Errno) error {
	if e == errno.OK {
		return nil
	}
	return e
}

// makeMap makes a map and gives it its first contents.
func (m *Machine) makeMap(model *prog.Map) (*Map, error) {
	if made, ok := m.maps[model.Name]; ok {
		return made, nil
	}
	s := model.Spec
	raw, err := maps.New(maps.Spec{
		Name: model.Name, Type: s.Type, KeySize: s.KeySize, ValueSize: s.ValueSize,
		MaxEntries: s.MaxEntries, Flags: s.Flags, Extra: s.MapExtra,
		Special: specialFields(s.Value),
	}, maps.Options{Space: m.space, CPUs: len(m.cpus), Seed: m.cfg.Seed})
	if err != nil {
		return nil, err
	}
	made := &Map{machine: m, entry: m.registry.Add(raw), model: model}
	if s.Type == ebpf.ProgramArray {
		made.array = new(progArray)
	}
	m.maps[model.Name] = made
	if arena, ok := raw.(*maps.Arena); ok {
		return made, asError(arena.Write(0, model.Data))
	}
	if model.Data != nil {
		return made, asError(raw.Put(make([]byte, 4), model.Data, maps.Any))
	}
	return made, made.fill()
}

// fill sets the contents that the object gives. Programs come later, when they
// are loaded.
func (m *Map) fill() error {
	for _, kv := range m.model.Spec.Contents {
		key, err := encode(kv.Key)
		if err != nil {
			return fmt.Errorf("map %s: key: %w", m.Name(), err)
		}
		if name, ok := kv.Value.(string); ok {
			inner := m.machine.maps[name]
			if inner == nil && m.model.Inner != nil {
				model := *m.model.Inner
				model.Name = name
				if inner, err = m.machine.makeMap(&model); err != nil {
					return err
				}
			}
			if inner != nil {
				err = m.SetMap(key, inner)
			}
		} else {
			var value []byte
			if value, err = encode(kv.Value); err == nil {
				err = m.Update(key, value, maps.Any)
			}
		}
		if err != nil {
			return fmt.Errorf("map %s: %w", m.Name(), err)
		}
	}
	return nil
}

// encode makes bytes of a key or value of a map's contents.
func encode(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case encoding.BinaryMarshaler:
		return v.MarshalBinary()
	}
	return binary.Append(nil, binary.LittleEndian, v)
}
