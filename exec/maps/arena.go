package maps

import (
	"errors"
	"sync"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// Arena is memory that programs and user space share and whose pointers mean
// the same to both. Pages come into being when a program allocates them. As in
// the kernel, what is read from a page that is not there is 0, and what is
// written there is lost.
type Arena struct {
	noKeys
	base uint64 // address of the first byte, for programs
	user uint64 // the same for user space

	mu    sync.Mutex
	pages [][]byte
	free  spans
}

const (
	// PageSize is that of arenas.
	PageSize = 4096
	// arenaGuard is how far before an arena there is nothing, so that small
	// mistakes stay in its region.
	arenaGuard = 1 << 16
	// defaultArena is where user space has an arena that says nothing.
	defaultArena = 1 << 44
)

func newArena(s Spec, o Options) (Map, error) {
	const mmapable, segfault, noConversion = 1 << 10, 1 << 17, 1 << 18
	switch {
	case s.KeySize != 0 || s.ValueSize != 0:
		return nil, errors.New("key and value size must be 0")
	case s.MaxEntries == 0 || uint64(s.MaxEntries) > 1<<32/PageSize:
		return nil, errors.New("max_entries must be 1 to 1048576 pages")
	case s.Flags&mmapable == 0 || s.Flags&^(mmapable|segfault|noConversion) != 0:
		return nil, errors.New("flags must be BPF_F_MMAPABLE")
	case s.Extra%PageSize != 0:
		return nil, errors.New("map_extra must be the address of a page")
	}
	a := &Arena{pages: make([][]byte, s.MaxEntries), user: s.Extra, free: spans{{0, int(s.MaxEntries)}}}
	if a.user == 0 {
		a.user = defaultArena
	}
	a.base = o.Space.Add(mem.Region{}, mem.Info{Name: "arena " + s.Name, Device: a}) + arenaGuard
	a.noKeys = noKeys{spec: s, stack: noStack{}}
	return a, nil
}

// Base returns the address that user space has, which is what programs load.
func (a *Arena) Base() uint64 { return a.user }

// Kernel returns where programs find a pointer of user space. As in the kernel
// only the lower half of it counts, so that null stays null unless the arena
// begins at such an address.
func (a *Arena) Kernel(p uint64) uint64 {
	const half = 1<<32 - 1
	if uint32(p) == 0 && uint32(a.user) != 0 {
		return 0
	}
	return a.base&^half | uint64(uint32(a.base)+uint32(p)-uint32(a.user))
}

// User returns what a program's pointer is for user space.
func (a *Arena) User(p uint64) uint64 {
	if p>>mem.OffsetBits != a.base>>mem.OffsetBits {
		return p
	}
	return a.user&^0xffff_ffff | uint64(uint32(p-a.base)+uint32(a.user))
}

// page returns a page's memory, nil when there is none.
func (a *Arena) page(i int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i >= len(a.pages) {
		return nil
	}
	return a.pages[i]
}

// at returns n bytes within a page, nil when there is no page; false when they
// are not within one.
func (a *Arena) at(off uint32, n int) ([]byte, bool) {
	off -= arenaGuard
	at := int(off % PageSize)
	if at+n > PageSize {
		return nil, false
	}
	p := a.page(int(off / PageSize))
	if p == nil {
		return nil, true
	}
	return p[at : at+n : at+n], true
}

// Bytes returns n bytes within a page. What is written where there is none is
// lost.
func (a *Arena) Bytes(off uint32, n int, _ bool) []byte {
	b, ok := a.at(off, n)
	if ok && b == nil {
		return make([]byte, n)
	}
	return b
}

// Load reads a number.
func (a *Arena) Load(off uint32, size int) (uint64, bool) {
	b, _ := a.at(off, size)
	if b == nil {
		return 0, true
	}
	return loadShared(b), true
}

// Store writes a number.
func (a *Arena) Store(off uint32, size int, v uint64) bool {
	if b, _ := a.at(off, size); b != nil {
		storeShared(b, v)
	}
	return true
}

//go:norace
func loadShared(b []byte) uint64 { return mem.Get(b) }

//go:norace
func storeShared(b []byte, v uint64) { mem.Put(b, v) }

// Alloc gives memory to n pages in a row, at an address of user space or, when
// that is 0, at a place that is free; it returns the address, 0 when there is no
// room.
func (a *Arena) Alloc(at uint64, n int) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n <= 0 || n > len(a.pages) {
		return 0
	}
	first := a.free.find(n)
	if at != 0 {
		first = int((at - a.user) / PageSize)
		if at%PageSize != 0 || at < a.user || first > len(a.pages)-n || !a.free.has(span{first, first + n}) {
			return 0
		}
	}
	if first < 0 {
		return 0
	}
	for i := range n {
		a.pages[first+i] = make([]byte, PageSize)
	}
	a.free.take(span{first, first + n})
	return a.user + uint64(first)*PageSize
}

// Free takes the memory of n pages from an address on.
func (a *Arena) Free(at uint64, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := int(uint32(at)-uint32(a.user)) / PageSize
	end := min(first+n, len(a.pages))
	if first >= end {
		return
	}
	clear(a.pages[first:end])
	a.free.give(span{first, end})
}

// Write copies bytes to an offset, as user space does; pages come into being.
func (a *Arena) Write(off int, b []byte) errno.Errno {
	if off < 0 || off+len(b) > len(a.pages)*PageSize {
		return errno.EFAULT
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, x := range b {
		page := (off + i) / PageSize
		if a.pages[page] == nil {
			a.pages[page] = make([]byte, PageSize)
			a.free.take(span{page, page + 1})
		}
		a.pages[page][(off+i)%PageSize] = x
	}
	return errno.OK
}
