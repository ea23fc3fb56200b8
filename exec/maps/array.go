package maps

import (
	"encoding/binary"
	"errors"

	"github.com/bpflint/bpflint/exec/errno"
)

// array is a map whose keys are the numbers below MaxEntries, all of which
// always exist.
type array struct {
	spec Spec
	values
}

func newArray(s Spec, o Options) (Map, error) {
	if s.MaxEntries == 0 && s.KeySize == 4 {
		return nil, errors.New("max_entries is 0")
	}
	v, err := newValues(&s, o, max(int(s.MaxEntries), 1))
	if err != nil {
		return nil, err
	}
	return &array{s, v}, nil
}

func (a *array) Spec() *Spec { return &a.spec }

// Base returns the address of the first value, as programs name the data of
// a section.
func (a *array) Base() uint64 { return a.bases[0] }

// index reads a key; one that is out of range gives false.
func (a *array) index(key []byte) (int, bool) {
	i := binary.LittleEndian.Uint32(key)
	return int(i), i < a.spec.MaxEntries
}

func (a *array) Lookup(cpu int, key []byte) uint64 {
	if i, ok := a.index(key); ok {
		return a.addr(cpu, i)
	}
	return 0
}

func (a *array) check(key []byte, flags uint64) (int, errno.Errno) {
	if e := checkFlags(flags); e != errno.OK {
		return 0, e
	}
	i, ok := a.index(key)
	switch {
	case !ok:
		return 0, errno.E2BIG
	case flags&NoExist != 0:
		return 0, errno.EEXIST
	}
	return i, errno.OK
}

func (a *array) Update(cpu int, key, value []byte, flags uint64) errno.Errno {
	i, e := a.check(key, flags)
	if e == errno.OK {
		a.replace(a.at(cpu, i), value, false)
	}
	return e
}

func (a *array) Put(key, value []byte, flags uint64) errno.Errno {
	i, e := a.check(key, flags)
	if e == errno.OK {
		a.put(i, value, false)
	}
	return e
}

func (a *array) Delete([]byte) errno.Errno { return errno.EINVAL }

func (a *array) Get(key []byte) ([]byte, errno.Errno) {
	i, ok := a.index(key)
	if !ok {
		return nil, errno.ENOENT
	}
	return a.get(i), errno.OK
}

func (a *array) Next(key []byte) ([]byte, errno.Errno) {
	next := uint32(0)
	if key != nil {
		i := binary.LittleEndian.Uint32(key)
		switch {
		case i == a.spec.MaxEntries-1:
			return nil, errno.ENOENT
		case i < a.spec.MaxEntries:
			next = i + 1
		}
	}
	return binary.LittleEndian.AppendUint32(nil, next), errno.OK
}

// Element returns the key of the element that an address lies in, and the
// address of its value.
func (a *array) Element(addr uint64) (key []byte, value uint64, ok bool) {
	i, value, ok := a.element(addr)
	return binary.LittleEndian.AppendUint32(nil, uint32(i)), value, ok
}
