package scenario

import (
	"net"
	"net/netip"

	"go.yaml.in/yaml/v4"

	"github.com/bpflint/bpflint/exec/helper"
)

// Network is what helpers know of devices and routes.
type Network struct {
	Devices    []Device    `yaml:"devices"`
	Routes     []Route     `yaml:"routes"`
	Neighbours []Neighbour `yaml:"neighbours"`
}

// Device is a network device. Number 1 is the loopback device, which is there
// without being listed.
type Device struct {
	Line  `yaml:"-"`
	Index uint32 `yaml:"index"`
	MTU   uint32 `yaml:"mtu"`
	MAC   string `yaml:"mac"`
	// Forward says that packets that come from it are forwarded.
	Forward bool `yaml:"forward"`
	// Addresses are the device's own, with the lengths of their networks; routes
	// to them follow.
	Addresses []string `yaml:"addresses"`
}

// Route is a row of a routing table.
type Route struct {
	Line   `yaml:"-"`
	To     string `yaml:"to"`
	Type   string `yaml:"type"`
	Via    string `yaml:"via"`
	Device uint32 `yaml:"device"`
	Table  uint32 `yaml:"table"`
	Metric uint32 `yaml:"metric"`
	// MTU is one that the route locks.
	MTU    uint32 `yaml:"mtu"`
	Source string `yaml:"source"`
}

// Neighbour is a host on the link of a device.
type Neighbour struct {
	Line    `yaml:"-"`
	Address string `yaml:"address"`
	Device  uint32 `yaml:"device"`
	MAC     string `yaml:"mac"`
}

// UnmarshalYAML reads a device.
func (d *Device) UnmarshalYAML(n *yaml.Node) error {
	type plain Device
	return strict(n, &d.Line, (*plain)(d))
}

// UnmarshalYAML reads a route.
func (r *Route) UnmarshalYAML(n *yaml.Node) error {
	type plain Route
	return strict(n, &r.Line, (*plain)(r))
}

// UnmarshalYAML reads a neighbour.
func (h *Neighbour) UnmarshalYAML(n *yaml.Node) error {
	type plain Neighbour
	return strict(n, &h.Line, (*plain)(h))
}

// routeTypes are the names of types of routes.
var routeTypes = map[string]helper.RouteType{
	"": helper.Unicast, "unicast": helper.Unicast, "local": helper.Local, "broadcast": helper.Broadcast,
	"blackhole": helper.Blackhole, "unreachable": helper.Unreachable, "prohibit": helper.Prohibit,
}

// network reads the devices and routes, and refuses what does not fit together.
func (f *File) network() ([]helper.Device, helper.Routes, error) {
	routes := helper.Routes{Neighbours: make(map[helper.Neighbour][6]byte)}
	var devices []helper.Device
	known := map[uint32]bool{1: true}
	for _, d := range f.Devices {
		if d.Index == 0 || d.MTU == 0 {
			return nil, routes, f.at(d.Line, "a device needs an index of at least 1 and an mtu")
		}
		dev := helper.Device{Index: d.Index, MTU: d.MTU, Forward: d.Forward}
		var err error
		if dev.MAC, err = f.mac(d.Line, d.MAC); err != nil {
			return nil, routes, err
		}
		for _, a := range d.Addresses {
			p, err := netip.ParsePrefix(a)
			if err != nil {
				return nil, routes, f.at(d.Line, "address %q of device %d: want an address and the length of its network, such as 10.1.0.1/24", a, d.Index)
			}
			routes.Address(d.Index, p)
		}
		devices = append(devices, dev)
		known[d.Index] = true
	}
	for _, r := range f.Routes {
		row, err := f.route(&r, known)
		if err != nil {
			return nil, routes, err
		}
		routes.Rows = append(routes.Rows, row)
	}
	for _, h := range f.Neighbours {
		a, err := netip.ParseAddr(h.Address)
		if err != nil || !known[h.Device] {
			return nil, routes, f.at(h.Line, "a neighbour needs an address and the number of a device that is listed")
		}
		if routes.Neighbours[helper.Neighbour{Device: h.Device, Address: a}], err = f.mac(h.Line, h.MAC); err != nil {
			return nil, routes, err
		}
	}
	return devices, routes, nil
}

// route reads a row of a routing table.
func (f *File) route(r *Route, known map[uint32]bool) (helper.Route, error) {
	row := helper.Route{Device: r.Device, Table: r.Table, Metric: r.Metric, MTU: r.MTU}
	to, err := netip.ParsePrefix(r.To)
	if err != nil || to != to.Masked() {
		return row, f.at(r.Line, "route to %q: want a network, such as 10.1.0.0/24 or 0.0.0.0/0", r.To)
	}
	row.To = to
	typ, ok := routeTypes[r.Type]
	if !ok {
		return row, f.at(r.Line, "route to %s: no type %q: want unicast, local, broadcast, blackhole, unreachable or prohibit", r.To, r.Type)
	}
	row.Type = typ
	if row.Table == 0 {
		row.Table = helper.MainTable
		if typ == helper.Local || typ == helper.Broadcast {
			row.Table = helper.LocalTable
		}
	}
	if typ == helper.Unicast && !known[r.Device] {
		return row, f.at(r.Line, "route to %s: want the number of a device that is listed", r.To)
	}
	if r.Via != "" {
		if row.Via, err = netip.ParseAddr(r.Via); err != nil || !to.Addr().Is4() && row.Via.Is4() {
			return row, f.at(r.Line, "route to %s: %q is no address of a gateway", r.To, r.Via)
		}
	}
	if r.Source != "" {
		if row.Source, err = netip.ParseAddr(r.Source); err != nil || row.Source.Is4() != to.Addr().Is4() {
			return row, f.at(r.Line, "route to %s: %q is no address to send from", r.To, r.Source)
		}
	}
	if !to.Addr().Is4() && row.Metric == 0 {
		row.Metric = 1024 // what Linux takes
	}
	return row, nil
}

// mac reads a link address; none is of zeros.
func (f *File) mac(at Line, s string) (mac [6]byte, err error) {
	if s == "" {
		return mac, nil
	}
	b, err := net.ParseMAC(s)
	if err != nil || len(b) != len(mac) {
		return mac, f.at(at, "%q is no link address: want one such as 02:00:00:00:00:01", s)
	}
	return [6]byte(b), nil
}
