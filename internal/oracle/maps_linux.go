package oracle

import (
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
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
	fd  int
	fix string
	err error
}

// bindsToProgram tells map types that remember the first program that uses them
// and refuse others: those that can hold programs, and cgroups' own.
func bindsToProgram(typ ebpf.MapType) bool {
	switch typ {
	case ebpf.ProgramArray, ebpf.DevMap, ebpf.DevMapHash, ebpf.CPUMap, ebpf.CGroupStorage, ebpf.PerCPUCGroupStorage:
		return true
	}
	return false
}

// maps returns descriptors of a program's maps, and those which have to be
// closed after the load.
func (s *Session) maps(p *prog.Program, fixes map[string]string) (fds, own []int32, err error) {
	for _, m := range p.Maps {
		live := s.liveMap(m)
		if live.err != nil {
			return nil, own, fmt.Errorf("map %s: %w", m.Name, live.err)
		}
		if bindsToProgram(m.Spec.Type) {
			own = append(own, int32(live.fd))
		}
		if live.fix != "" {
			fixes[m.Name] = live.fix
		}
		fds = append(fds, int32(live.fd))
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

// createMap makes a map, a smaller one when memory does not suffice. Programs
// and maps that user space puts into maps do not matter to the verifier.
func createMap(m *prog.Map) liveMap {
	inner := -1
	if m.Inner != nil {
		template := createMap(m.Inner)
		if template.err != nil {
			return liveMap{err: fmt.Errorf("inner map: %w", template.err)}
		}
		inner = template.fd
		defer unix.Close(inner)
	}
	spec := *m.Spec
	fd, err := newMap(m.Name, &spec, inner)
	var fix string
	if spec.MaxEntries > fewEntries && (errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.E2BIG)) {
		fix = fmt.Sprintf("max_entries %d -> %d", spec.MaxEntries, fewEntries)
		spec.MaxEntries = fewEntries
		fd, err = newMap(m.Name, &spec, inner)
	}
	if err != nil {
		return liveMap{err: err}
	}
	if err := fill(fd, m); err != nil {
		unix.Close(fd)
		return liveMap{err: err}
	}
	return liveMap{fd: fd, fix: fix}
}

// newMap creates a map with its types. Where the kernel wants no types for a
// map of this kind, or cannot read these, it is created without, as loaders do.
func newMap(name string, spec *ebpf.MapSpec, inner int) (int, error) {
	attr := mapAttr{
		mapType: uint32(spec.Type), keySize: spec.KeySize, valueSize: spec.ValueSize,
		maxEntries: spec.MaxEntries, flags: spec.Flags, numaNode: spec.NumaNode, mapExtra: spec.MapExtra,
	}
	copy(attr.name[:len(attr.name)-1], objectName(name))
	if inner >= 0 {
		attr.innerFD = uint32(inner)
	}
	if spec.Key != nil || spec.Value != nil {
		// An error leaves the map without types.
		types, key, value, err := btf.MarshalMapKV(spec.Key, spec.Value)
		if err == nil && types != nil {
			defer types.Close()
			attr.btfFD, attr.btfKey, attr.btfValue = uint32(types.FD()), uint32(key), uint32(value)
		}
	}
	fd, errno := bpf(cmdMapCreate, &attr)
	if attr.btfFD != 0 && (errno == enotsupp || errno == unix.EINVAL) {
		attr.btfFD, attr.btfKey, attr.btfValue = 0, 0, 0
		fd, errno = bpf(cmdMapCreate, &attr)
	}
	if errno != 0 {
		return -1, fmt.Errorf("%s: %w", errnoName(errno), errno)
	}
	return fd, nil
}

// fill gives a data section its initial bytes.
func fill(fd int, m *prog.Map) error {
	attr := elemAttr{mapFD: uint32(fd)}
	if m.Data != nil {
		attr.key, attr.value = address([]uint32{0}), address(m.Data)
		if _, errno := bpf(cmdMapUpdate, &attr); errno != 0 {
			return fmt.Errorf("initial value: %s", errnoName(errno))
		}
	}
	if m.Frozen {
		attr = elemAttr{mapFD: uint32(fd)}
		if _, errno := bpf(cmdMapFreeze, &attr); errno != 0 {
			return fmt.Errorf("freeze: %s", errnoName(errno))
		}
	}
	return nil
}
