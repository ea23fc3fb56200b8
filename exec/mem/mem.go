package mem

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
)

// OffsetBits is the width of the part of an address that counts bytes within
// its region.
const OffsetBits = 32

// MaxRegion bounds the bytes of one region.
const MaxRegion = 1 << 31

// PrivateRegions is how many regions, counted from 0, each CPU has for itself;
// the others are shared by all CPUs of a Space.
const PrivateRegions = 128

// Bias is the lower half of the address of a region's first byte. It is not 0
// because programs may ask the lower half of a pointer only whether it is null.
const Bias = 1 << 16

// Addr returns the address of a region's first byte.
func Addr(region int) uint64 { return uint64(region)<<OffsetBits + Bias }

// Split returns an address's region and the offset within it.
func Split(addr uint64) (region int, off uint32) {
	addr -= Bias
	return int(addr >> OffsetBits), uint32(addr)
}

// Region is memory as the fast path of an engine sees it. A part that may not
// be read or written is absent, so that the check of bounds is also the check
// of permissions.
type Region struct {
	R []byte // readable bytes
	W []byte // writable bytes
}

// Info is what is known of a region besides its bytes.
type Info struct {
	// Name says what the region is, as a message would: "stack frame 0",
	// "value of map counters".
	Name string
	// Device gives meaning to accesses that the fast path could not do; nil
	// for plain memory.
	Device Device
}

// Device is a region whose bytes are computed, such as a context whose fields
// are pointers.
type Device interface {
	// Load reads size bytes (1, 2, 4 or 8) at an offset; false is a fault.
	Load(off uint32, size int) (uint64, bool)
	// Store writes size bytes at an offset; false is a fault.
	Store(off uint32, size int, v uint64) bool
}

// Paged is a device whose bytes are memory, though not in one piece.
type Paged interface {
	// Bytes returns n bytes at an offset, nil when they are not in one piece
	// or may not be accessed so.
	Bytes(off uint32, n int, write bool) []byte
}

// Space is the part of the address space that all CPUs share. Regions are only
// added, never moved or removed, so an address keeps its meaning.
type Space struct {
	mu     sync.Mutex
	shared atomic.Pointer[[]region]
	far    atomic.Pointer[[]farRegion]
}

// farRegion is a region at an address of its own, above all others. Only
// helpers and the slow path find it.
type farRegion struct {
	base uint64
	region
}

type region struct {
	Region
	Info
}

// NewSpace returns a space without shared regions.
func NewSpace() *Space {
	s := &Space{}
	s.shared.Store(&[]region{})
	s.far.Store(&[]farRegion{})
	return s
}

// Add appends a shared region and returns the address of its first byte. The
// slices must keep their length; they may be nil where access is not allowed.
func (s *Space) Add(r Region, info Info) uint64 {
	return s.AddEach([]Region{r}, func(int) Info { return info })
}

// AddEach appends regions that follow each other, so that the next one's
// address is higher by 1<<OffsetBits, and returns the address of the first.
func (s *Space) AddEach(regions []Region, info func(i int) Info) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.shared.Load()
	// Who holds the old list does not look beyond its length, so the new
	// regions may go into the same array.
	list := old
	for i, r := range regions {
		list = append(list, region{r, info(i)})
	}
	s.shared.Store(&list)
	return Addr(PrivateRegions + len(old))
}

// FarStart is where addresses begin that regions can be given by AddAt.
const FarStart = 1 << 62

var errPlace = errors.New("a region cannot be there: it overlaps another, or begins below 1<<62")

// AddAt puts a region at an address, such as one of the kernel's.
func (s *Space) AddAt(base uint64, r Region, info Info) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := uint64(max(len(r.R), len(r.W)))
	if base < FarStart || base+n < base {
		return errPlace
	}
	old := *s.far.Load()
	for _, f := range old {
		if base < f.base+uint64(max(len(f.R), len(f.W))) && f.base < base+n {
			return errPlace
		}
	}
	list := append(old[:len(old):len(old)], farRegion{base, region{r, info}})
	s.far.Store(&list)
	return nil
}

// View is the address space as one CPU sees it: its private regions, then the
// shared ones that it has met so far.
type View struct {
	Regions []Region
	// Lenient lets loads read 0 where no region is, as the kernel does with
	// loads through typed pointers to its objects.
	Lenient bool
	infos   []Info
	space   *Space
}

// NewView returns a view of a space with empty private regions.
func NewView(s *Space) *View {
	v := &View{Regions: make([]Region, PrivateRegions), infos: make([]Info, PrivateRegions), space: s}
	v.refresh()
	return v
}

// Space returns the shared part.
func (v *View) Space() *Space { return v.space }

// SetPrivate gives a private region new memory.
func (v *View) SetPrivate(i int, r Region, info Info) {
	v.Regions[i], v.infos[i] = r, info
}

// SetPrivateMem gives a private region new memory and leaves its Info.
func (v *View) SetPrivateMem(i int, r Region) { v.Regions[i] = r }

// refresh takes over the shared regions that were added since the last time.
func (v *View) refresh() bool {
	shared := *v.space.shared.Load()
	have := len(v.Regions) - PrivateRegions
	for _, r := range shared[have:] {
		v.Regions = append(v.Regions, r.Region)
		v.infos = append(v.infos, r.Info)
	}
	return have < len(shared)
}

// Info describes the region of an address; nil when there is none.
func (v *View) Info(addr uint64) *Info {
	if addr >= FarStart {
		if f := v.far(addr); f != nil {
			return &f.Info
		}
		return nil
	}
	i, _ := Split(addr)
	if i >= len(v.Regions) && (!v.refresh() || i >= len(v.Regions)) {
		return nil
	}
	return &v.infos[i]
}

// far finds a region that is at an address of its own.
func (v *View) far(addr uint64) *farRegion {
	list := *v.space.far.Load()
	for i := range list {
		if f := &list[i]; addr-f.base < uint64(max(len(f.R), len(f.W))) {
			return f
		}
	}
	return nil
}

// Read returns n readable bytes without copying them. They are valid until the
// region gets other memory.
func (v *View) Read(addr uint64, n int) ([]byte, error) {
	r, off := v.region(addr)
	if b := span(r.R, off, n); b != nil {
		return b, nil
	}
	if b := v.paged(addr, n, false); b != nil {
		return b, nil
	}
	return nil, v.fault(addr, n, false)
}

// Write returns n writable bytes, which are the region's own.
func (v *View) Write(addr uint64, n int) ([]byte, error) {
	r, off := v.region(addr)
	if b := span(r.W, off, n); b != nil {
		return b, nil
	}
	if b := v.paged(addr, n, true); b != nil {
		return b, nil
	}
	return nil, v.fault(addr, n, true)
}

// paged asks a device for its memory.
func (v *View) paged(addr uint64, n int, write bool) []byte {
	if info := v.Info(addr); info != nil {
		if p, ok := info.Device.(Paged); ok {
			return p.Bytes(uint32(addr-Bias), n, write)
		}
	}
	return nil
}

// region returns the memory at an address, empty when there is none, and the
// offset in it.
func (v *View) region(addr uint64) (*Region, uint64) {
	if addr >= FarStart {
		if f := v.far(addr); f != nil {
			return &f.Region, addr - f.base
		}
		return &Region{}, 0
	}
	i, off := (addr-Bias)>>OffsetBits, uint64(uint32(addr-Bias))
	if i >= uint64(len(v.Regions)) {
		if !v.refresh() || i >= uint64(len(v.Regions)) {
			return &Region{}, off
		}
	}
	return &v.Regions[i], off
}

// span cuts n bytes at an offset, nil when they are out of bounds.
func span(b []byte, off uint64, n int) []byte {
	if n < 0 || off+uint64(n) > uint64(len(b)) || off == 0 && b == nil {
		return nil
	}
	return b[off : off+uint64(n) : off+uint64(n)]
}

// Load reads an unsigned little-endian number of 1, 2, 4 or 8 bytes, from
// plain memory or a device.
func (v *View) Load(addr uint64, size int) (uint64, error) {
	r, off := v.region(addr)
	if b := span(r.R, off, size); b != nil {
		return Get(b), nil
	}
	if info := v.Info(addr); info != nil && info.Device != nil {
		if x, ok := info.Device.Load(uint32(addr-Bias), size); ok {
			return x, nil
		}
	} else if v.Lenient && info == nil {
		return 0, nil
	}
	if v.Lenient && addr>>OffsetBits == 0 {
		return 0, nil
	}
	return 0, v.fault(addr, size, false)
}

// Store writes a number of 1, 2, 4 or 8 bytes.
func (v *View) Store(addr uint64, size int, x uint64) error {
	r, off := v.region(addr)
	if b := span(r.W, off, size); b != nil {
		Put(b, x)
		return nil
	}
	if info := v.Info(addr); info != nil && info.Device != nil {
		if info.Device.Store(uint32(addr-Bias), size, x) {
			return nil
		}
	}
	return v.fault(addr, size, true)
}

// Get reads a little-endian number as long as b: 1, 2, 4 or 8 bytes.
func Get(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// Put writes a little-endian number as long as b: 1, 2, 4 or 8 bytes.
func Put(b []byte, x uint64) {
	switch len(b) {
	case 1:
		b[0] = byte(x)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(x))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(x))
	default:
		binary.LittleEndian.PutUint64(b, x)
	}
}
