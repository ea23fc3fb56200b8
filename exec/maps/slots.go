package maps

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/errno"
)

// slots is a map of devices, processors or sockets: an array of which an
// element exists only when something was put there. A value of zeros is none.
type slots struct{ *array }

func newSlots(s Spec, o Options) (Map, error) {
	m, err := newArray(s, o)
	if err != nil {
		return nil, err
	}
	return slots{m.(*array)}, nil
}

func (s slots) empty(i int) bool {
	for _, b := range s.at(0, i) {
		if b != 0 {
			return false
		}
	}
	return true
}

func (s slots) Lookup(cpu int, key []byte) uint64 {
	if i, ok := s.index(key); ok && !s.empty(i) {
		return s.addr(cpu, i)
	}
	return 0
}

func (s slots) Get(key []byte) ([]byte, errno.Errno) {
	if i, ok := s.index(key); ok && !s.empty(i) {
		return s.get(i), errno.OK
	}
	return nil, errno.ENOENT
}

func (s slots) Delete(key []byte) errno.Errno {
	if i := binary.LittleEndian.Uint32(key); i >= s.spec.MaxEntries {
		return errno.EINVAL
	}
	i, _ := s.index(key)
	clearValue(s.at(0, i))
	return errno.OK
}
