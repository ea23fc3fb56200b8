package maps

import (
	"encoding/binary"
	"errors"

	"github.com/bpflint/bpflint/exec/errno"
)

// Storage is local storage: values that belong to tasks, sockets, inodes or
// cgroups. Programs name the owner by its address, and so does user space
// here, which has no descriptors.
type Storage struct {
	*hash
	outer Spec
}

// maxOwners bounds how many owners have a value in a local storage.
const maxOwners = 4096

func newStorage(s Spec, o Options) (Map, error) {
	switch {
	case s.KeySize != 4 || s.ValueSize == 0:
		return nil, errors.New("key size must be 4 and value size not 0")
	case s.MaxEntries != 0:
		return nil, errors.New("max_entries must be 0")
	}
	inner := s
	inner.KeySize, inner.MaxEntries = 8, maxOwners
	m, err := newHash(inner, o)
	if err != nil {
		return nil, err
	}
	return &Storage{m.(*hash), s}, nil
}

// Spec returns what the map was made from.
func (s *Storage) Spec() *Spec { return &s.outer }

// Lookup finds nothing: programs use Of.
func (s *Storage) Lookup(int, []byte) uint64 { return 0 }

// Update is not possible from a program.
func (s *Storage) Update(int, []byte, []byte, uint64) errno.Errno { return errno.EOPNOTSUPP }

// Of returns the address of an owner's value, 0 when there is none. create
// makes one from an initial value, of zeros when that is nil.
func (s *Storage) Of(owner uint64, create bool, initial []byte) uint64 {
	key := binary.LittleEndian.AppendUint64(nil, owner)
	if v := s.hash.Lookup(0, key); v != 0 || !create {
		return v
	}
	if initial == nil {
		initial = make([]byte, s.size)
	}
	// Another CPU may have been faster; its value counts.
	if e := s.hash.Update(0, key, initial, NoExist); e != errno.OK && e != errno.EEXIST {
		return 0
	}
	return s.hash.Lookup(0, key)
}

// Remove deletes an owner's value.
func (s *Storage) Remove(owner uint64) errno.Errno {
	return s.Delete(binary.LittleEndian.AppendUint64(nil, owner))
}

// cgroupStorage is the older local storage of cgroup programs: the value of
// the cgroup that the program is attached to, of which there is one here.
type cgroupStorage struct{ *array }

func newCgroupStorage(s Spec, o Options) (Map, error) {
	if s.MaxEntries != 0 {
		return nil, errors.New("max_entries must be 0")
	}
	s.MaxEntries = 1
	m, err := newArray(s, o)
	if err != nil {
		return nil, err
	}
	return cgroupStorage{m.(*array)}, nil
}

// Reset makes the value zero, as it is when a program is attached.
func (s cgroupStorage) Reset() {
	for cpu := range s.data {
		clearValue(s.at(cpu, 0))
	}
}

// Here returns the address of the value.
func (s cgroupStorage) Here(cpu int) uint64 { return s.addr(cpu, 0) }

func (s cgroupStorage) Lookup(int, []byte) uint64 { return 0 }

func (s cgroupStorage) Update(int, []byte, []byte, uint64) errno.Errno { return errno.EINVAL }

func (s cgroupStorage) Get([]byte) ([]byte, errno.Errno) { return s.get(0), errno.OK }

func (s cgroupStorage) Put(_, value []byte, flags uint64) errno.Errno {
	if flags&^(Exist|Lock) != 0 {
		return errno.EINVAL
	}
	s.put(0, value, false)
	return errno.OK
}

// Next gives the key of zeros, then no other.
func (s cgroupStorage) Next(key []byte) ([]byte, errno.Errno) {
	if key != nil {
		return nil, errno.ENOENT
	}
	return make([]byte, s.spec.KeySize), errno.OK
}
