package maps

import (
	"sync"

	"github.com/bpflint/bpflint/exec/errno"
)

// Events is a perf event array: records for user space, by CPU.
type Events struct {
	Map
	mu      sync.Mutex
	records [][]Record
}

// Record is what a program sent to a perf event array.
type Record struct {
	CPU  int
	Data []byte
}

func newEvents(s Spec, o Options) (Map, error) {
	if s.MaxEntries == 0 {
		s.MaxEntries = uint32(max(o.CPUs, 1))
	}
	m, err := newArray(s, o)
	if err != nil {
		return nil, err
	}
	return &Events{Map: m, records: make([][]Record, s.MaxEntries)}, nil
}

// Lookup gives no address: the values are perf events.
func (e *Events) Lookup(int, []byte) uint64 { return 0 }

// Output appends a record to the event at an index, as if every event was
// open.
func (e *Events) Output(cpu int, index uint32, parts ...[]byte) errno.Errno {
	if int(index) >= len(e.records) {
		return errno.E2BIG
	}
	var data []byte
	for _, p := range parts {
		data = append(data, p...)
	}
	e.mu.Lock()
	e.records[index] = append(e.records[index], Record{cpu, data})
	e.mu.Unlock()
	return errno.OK
}

// Read removes and returns the records, those of each event in order.
func (e *Events) Read() []Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []Record
	for i, list := range e.records {
		all = append(all, list...)
		e.records[i] = nil
	}
	return all
}
