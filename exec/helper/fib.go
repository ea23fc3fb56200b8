package helper

import (
	"net/netip"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Offsets in struct bpf_fib_lookup (include/uapi/linux/bpf.h).
const (
	fibFamily = 0
	fibLength = 6 // of the packet before, the MTU after
	fibDevice = 8
	fibMetric = 12
	fibSource = 16
	fibTarget = 32
	fibVlan   = 48 // the table before
	fibSMAC   = 52
	fibDMAC   = 58
	fibLen    = 64
)

// Flags of bpf_fib_lookup.
const (
	fibDirect = 1 << iota
	fibOutput
	fibSkipNeighbour
	fibTable
	fibWantSource
	fibMark
	fibKnown = 1<<iota - 1
)

// Results of bpf_fib_lookup.
const (
	fibSuccess = iota
	fibBlackhole
	fibUnreachable
	fibProhibit
	fibNotForwarded
	fibForwardingOff
	fibLightweightTunnel
	fibNoNeighbour
	fibTooLong
	fibNoSource
)

// fibResults are the results of routes that lead nowhere.
var fibResults = map[RouteType]uint64{
	Blackhole: fibBlackhole, Unreachable: fibUnreachable, Prohibit: fibProhibit, Local: fibNotForwarded, Broadcast: fibNotForwarded,
}

// fibLookup finds out where a packet would be sent, by the machine's routes.
func fibLookup(c *vm.CPU) (uint64, error) {
	n := int32(c.R[3])
	params, err := Buffer(c, 2, uint64(max(n, 0)))
	switch {
	case err != nil:
		return 0, err
	case n < fibLen || c.R[4]&0xffff_ffff&^fibKnown != 0:
		return ret(errno.EINVAL)
	}
	e := EnvOf(c)
	f := &fib{env: e, flags: c.R[4], params: params[:fibLen]}
	f.checkMTU = e.XDP || f.get(fibLength, 2) != 0
	r := f.lookup()
	if e.XDP || r != fibSuccess || f.checkMTU {
		return r, nil
	}
	// Without a length, the packet itself is held against the device.
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	return f.fits(s), nil
}

// fib is one lookup.
type fib struct {
	env      *Env
	flags    uint64
	params   []byte
	checkMTU bool
}

func (f *fib) get(off, size int) uint64    { return mem.Get(f.params[off:][:size]) }
func (f *fib) put(off, size int, v uint64) { mem.Put(f.params[off:][:size], v) }
func (f *fib) has(flag uint64) bool        { return f.flags&flag != 0 }

func (f *fib) addr(off int, four bool) netip.Addr {
	if four {
		return netip.AddrFrom4([4]byte(f.params[off:]))
	}
	return netip.AddrFrom16([16]byte(f.params[off:]))
}

// fits says whether the packet fits the device that was found.
func (f *fib) fits(s *hook.SKB) uint64 {
	const vlanLen = 4
	dev := f.env.device(uint32(f.get(fibDevice, 4)))
	if dev == nil {
		return errno.ENODEV.Ret()
	}
	f.put(fibLength, 2, uint64(dev.MTU))
	if !s.GSO() && s.Packet().Len() > int(dev.MTU)+etherLen+vlanLen {
		return fibTooLong
	}
	return fibSuccess
}

func (f *fib) lookup() uint64 {
	four := f.params[fibFamily] == 2
	if !four && f.params[fibFamily] != 10 {
		return errno.EAFNOSUPPORT.Ret()
	}
	to, from := f.addr(fibTarget, four), f.addr(fibSource, four)
	if !four && (neverForwarded(to) || neverForwarded(from)) {
		return fibNotForwarded
	}
	index := uint32(f.get(fibDevice, 4))
	dev := f.env.device(index)
	switch {
	case index == 0 || dev == nil: // 0 is no device here
		return errno.ENODEV.Ret()
	case !dev.Forward:
		return fibForwardingOff
	}
	tables := []uint32{LocalTable, MainTable, defaultTable}
	if f.has(fibDirect) {
		table := uint32(MainTable)
		if f.has(fibTable) {
			table = uint32(f.get(fibVlan, 4))
			f.put(fibVlan, 4, 0)
		}
		tables = []uint32{table}
	}
	out := uint32(0)
	if f.has(fibOutput) {
		out = index
	}
	row := f.env.Routes.lookup(tables, out, to)
	if row == nil {
		return fibNotForwarded
	}
	if row.Type != Unicast {
		return fibResults[row.Type]
	}
	return f.take(row, to)
}

// neverForwarded tells the addresses of IPv6 that stay on their link.
func neverForwarded(a netip.Addr) bool {
	return a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsLoopback()
}

// take writes down what a route says.
func (f *fib) take(row *Route, to netip.Addr) uint64 {
	const most = 65535
	dev := f.env.device(row.Device)
	if dev == nil {
		return fibNotForwarded
	}
	mtu := uint64(min(dev.MTU, most))
	if row.MTU != 0 {
		mtu = uint64(row.MTU)
	}
	if f.checkMTU && f.get(fibLength, 2) > mtu {
		f.put(fibLength, 2, mtu)
		return fibTooLong
	}
	f.put(fibMetric, 4, uint64(row.Metric))
	f.put(fibDevice, 4, uint64(row.Device))
	if f.has(fibWantSource) {
		from, ok := f.env.Routes.source(row, to)
		if !ok && !to.Is4() {
			return fibNoSource
		}
		f.putAddr(fibSource, from)
	}
	next := to
	if row.Via.IsValid() {
		next = row.Via
		if to.Is4() && !next.Is4() {
			f.params[fibFamily] = 10
		}
		f.putAddr(fibTarget, next)
	}
	if !f.has(fibSkipNeighbour) {
		link, ok := f.env.Routes.Neighbours[Neighbour{row.Device, next}]
		if !ok {
			return fibNoNeighbour
		}
		copy(f.params[fibDMAC:], link[:])
		copy(f.params[fibSMAC:], dev.MAC[:])
	}
	f.put(fibVlan, 4, 0)
	if f.checkMTU {
		f.put(fibLength, 2, mtu)
	}
	return fibSuccess
}

// putAddr writes an address; that of no address is 0.
func (f *fib) putAddr(off int, a netip.Addr) {
	if !a.IsValid() {
		f.put(off, 4, 0)
		return
	}
	copy(f.params[off:], a.AsSlice())
}
