package helper

import (
	"net/netip"
	"slices"

	"github.com/bpflint/bpflint/exec/errno"
)

// Routes are the routing tables of the machine, and the neighbours that it knows.
type Routes struct {
	Rows       []Route
	Neighbours map[Neighbour][6]byte // their link addresses
}

// Neighbour is an address on the link of a device.
type Neighbour struct {
	Device  uint32
	Address netip.Addr
}

// Route is a row of a routing table.
type Route struct {
	To     netip.Prefix
	Type   RouteType
	Via    netip.Addr // the gateway; not valid for what is on the link
	Device uint32
	Table  uint32
	Metric uint32
	MTU    uint32     // that the route has in place of its device's, 0 for none
	Source netip.Addr // that it prefers; not valid for none
}

// RouteType says what becomes of packets.
type RouteType uint8

// Types of routes.
const (
	Unicast RouteType = iota
	Local
	Broadcast
	Blackhole
	Unreachable
	Prohibit
)

// Tables that are looked into, in this order.
const (
	LocalTable   = 255
	MainTable    = 254
	defaultTable = 253
)

// Errors of lookups, as the kernel's tables have them.
var routeErrors = map[RouteType]errno.Errno{
	Blackhole: errno.EINVAL, Unreachable: errno.EHOSTUNREACH, Prohibit: errno.EACCES,
}

// Address adds what a device's address brings: routes to the address, to the
// broadcast address and to the network. Nets of IPv6 get the metric that Linux
// gives them.
func (r *Routes) Address(device uint32, p netip.Prefix) {
	addr := p.Addr()
	host := Route{To: netip.PrefixFrom(addr, addr.BitLen()), Type: Local, Device: device, Table: LocalTable, Source: addr}
	r.Rows = append(r.Rows, host)
	if p.Bits() == addr.BitLen() {
		return
	}
	net := Route{To: p.Masked(), Device: device, Table: MainTable}
	if addr.Is4() {
		net.Source = addr
		if p.Bits() < addr.BitLen()-1 {
			host.Type, host.To = Broadcast, netip.PrefixFrom(lastOf(p), addr.BitLen())
			r.Rows = append(r.Rows, host)
		}
	} else {
		net.Metric = 256
	}
	r.Rows = append(r.Rows, net)
}

// lastOf returns the last address of a network of IPv4.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(b)
}

// find returns the best route of a table: the longest prefix, of these the one
// with the least metric. Out, if not 0, is the device that one of IPv4 must lead
// to; one that leads nowhere fits as well.
func (r *Routes) find(table, out uint32, to netip.Addr) *Route {
	var best *Route
	for i := range r.Rows {
		row := &r.Rows[i]
		switch {
		case trie(row) != table || !row.To.Contains(to):
			continue
		case to.Is4() && out != 0 && row.Device != out && routeErrors[row.Type] == errno.OK:
			continue
		}
		if best == nil || row.To.Bits() > best.To.Bits() || row.To.Bits() == best.To.Bits() && row.Metric < best.Metric {
			best = row
		}
	}
	return best
}

// trie is the number of the table that a route is in. As long as there are no rules
// besides those that a kernel begins with, local routes of IPv4 are kept in the
// main table.
func trie(row *Route) uint32 {
	if row.Table == LocalTable && row.To.Addr().Is4() {
		return MainTable
	}
	return row.Table
}

// lookup looks into the tables in their order, or into one.
func (r *Routes) lookup(tables []uint32, out uint32, to netip.Addr) *Route {
	for _, t := range tables {
		if t == LocalTable && to.Is4() {
			t = MainTable
		}
		if row := r.find(t, out, to); row != nil {
			return row
		}
	}
	return nil
}

// source returns the address that a device sends from: of those on the gateway's
// network, or else the first; with IPv6 the one that has most bits in common with
// the target, of these the last.
func (r *Routes) source(row *Route, to netip.Addr) (netip.Addr, bool) {
	if row.Source.IsValid() {
		return row.Source, true
	}
	var found netip.Addr
	most := -1
	for _, other := range r.Rows {
		if other.Type != Local || other.Device != row.Device || other.To.Addr().Is4() != to.Is4() || !other.To.IsSingleIP() {
			continue
		}
		n := 0
		switch {
		case !to.Is4():
			n = commonBits(other.To.Addr(), to)
		case row.Via.IsValid() && r.onLink(other.To.Addr(), row):
			n = 1
		}
		if n > most || n == most && !to.Is4() {
			found, most = other.To.Addr(), n
		}
	}
	return found, found.IsValid()
}

// onLink reports whether an address and a route's gateway are of one network.
func (r *Routes) onLink(a netip.Addr, via *Route) bool {
	return slices.ContainsFunc(r.Rows, func(row Route) bool {
		return row.Type == Unicast && row.Device == via.Device && row.Source == a && row.To.Contains(via.Via)
	})
}

func commonBits(a, b netip.Addr) int {
	n := 0
	for ; n < a.BitLen(); n++ {
		p, err := a.Prefix(n + 1)
		if err != nil || !p.Contains(b) {
			break
		}
	}
	return n
}
