package oracle

import (
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflint/bpflint/prog"
)

// fewEntries is the size of a map that does not fit into memory otherwise.
const fewEntries = 1024

// mapKey tells maps apart within a session: two programs of an object that are
// linked one by one have equal maps, not the same.
type mapKey struct {
	name                    string
	typ                     ebpf.MapType
	key, value, max, flags  uint32
	innerType               ebpf.MapType
	innerKey, innerV, inner uint32
	frozen                  bool
	data                    uint64
}

func keyOf(m *prog.Map) mapKey {
	k := mapKey{name: m.Name, typ: m.Spec.Type, key: m.Spec.KeySize, value: m.Spec.ValueSize,
		max: m.Spec.MaxEntries, flags: m.Spec.Flags, frozen: m.Frozen}
	if m.Inner != nil {
		s := m.Inner.Spec
		k.innerType, k.innerKey, k.innerV, k.inner = s.Type, s.KeySize, s.ValueSize, s.MaxEntries
	}
	h := fnv.New64a()
	h.Write(m.Data)
	k.data = h.Sum64()
	return k
}

// liveMap is a map in the kernel, or why there is none.
type liveMap struct {
	m   *ebpf.Map
	fix string
	err error
}

// bindsToProgram tells map types that remember the first program that uses them
// and refuse others.
func bindsToProgram(typ ebpf.MapType) bool {
	switch typ {
	case ebpf.ProgramArray, ebpf.CGroupStorage, ebpf.PerCPUCGroupStorage:
		return true
	}
	return false
}

// maps returns descriptors of a program's maps, and what has to be closed after
// the load.
func (s *Session) maps(p *prog.Program, fixes map[string]string) (fds []int32, own []*ebpf.Map, err error) {
	for _, m := range p.Maps {
		live := s.liveMap(m)
		if live.err != nil {
			return nil, own, fmt.Errorf("map %s: %w", m.Name, live.err)
		}
		if bindsToProgram(m.Spec.Type) {
			own = append(own, live.m)
		}
		if live.fix != "" {
			fixes[m.Name] = live.fix
		}
		fds = append(fds, int32(live.m.FD()))
	}
	return fds, own, nil
}

func (s *Session) liveMap(m *prog.Map) liveMap {
	if bindsToProgram(m.Spec.Type) {
		return createMap(m)
	}
	key := keyOf(m)
	live, ok := s.cache[key]
	if !ok {
		live = createMap(m)
		s.cache[key] = live
	}
	return live
}

// createMap makes a map, a smaller one when memory does not suffice.
func createMap(m *prog.Map) liveMap {
	spec := *m.Spec
	spec.Contents = nil // programs and maps that user space puts there do not matter to the verifier
	created, err := ebpf.NewMap(&spec)
	var fix string
	if spec.MaxEntries > fewEntries && (errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.E2BIG)) {
		fix = fmt.Sprintf("max_entries %d -> %d", spec.MaxEntries, fewEntries)
		spec.MaxEntries = fewEntries
		created, err = ebpf.NewMap(&spec)
	}
	if err != nil {
		return liveMap{err: err}
	}
	if err := fill(created, m); err != nil {
		created.Close()
		return liveMap{err: err}
	}
	return liveMap{m: created, fix: fix}
}

// fill gives a data section its initial bytes.
func fill(created *ebpf.Map, m *prog.Map) error {
	if m.Data != nil {
		if err := created.Put(uint32(0), m.Data); err != nil {
			return fmt.Errorf("initial value: %w", err)
		}
	}
	if m.Frozen {
		if err := created.Freeze(); err != nil {
			return fmt.Errorf("freeze: %w", err)
		}
	}
	return nil
}
