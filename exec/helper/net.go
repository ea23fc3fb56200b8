package helper

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Device is a network device.
type Device struct {
	Index uint32
	MTU   uint32
	MAC   [6]byte
	// Forward says that packets that come from it are forwarded.
	Forward bool
}

// loopback is the device that packets of test runs come from.
var loopback = Device{Index: 1, MTU: 65536}

// device finds a device; 0 is the packet's own.
func (e *Env) device(index uint32) *Device {
	if index == 0 {
		index = loopback.Index
	}
	for i := range e.Devices {
		if e.Devices[i].Index == index {
			return &e.Devices[i]
		}
	}
	if index == loopback.Index {
		return &loopback
	}
	return nil
}

// checkMTU says whether the packet fits a device: 1 when it needs fragments.
func checkMTU(c *vm.CPU) (uint64, error) {
	const segs = 1
	e := EnvOf(c)
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	out, err := Buffer(c, 3, 4)
	if err != nil {
		return 0, err
	}
	diff, flags, given := int64(int32(c.R[4])), c.R[5], int64(mem.Get(out))
	known := uint64(segs)
	if e.XDP {
		known = 0
	}
	dev := e.device(uint32(c.R[2]))
	switch {
	case flags&^known != 0, flags != 0 && (diff != 0 || given != 0):
		return ret(errno.EINVAL)
	case dev == nil:
		return ret(errno.ENODEV)
	}
	n := int64(p.Len())
	if given != 0 {
		n = given + etherLen
	}
	mem.Put(out, uint64(dev.MTU))
	if n+diff <= int64(dev.MTU)+etherLen {
		return 0, nil
	}
	s, err := skbArg(c)
	if err != nil || !s.GSO() {
		return 1, nil
	}
	return 0, nil
}

// cloneRedirect sends a copy of the packet to a device.
func cloneRedirect(c *vm.CPU) (uint64, error) {
	const ingress = 1
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	e, index, flags := EnvOf(c), uint32(c.R[2]), c.R[3]
	p := s.Packet()
	switch {
	case flags&^ingress != 0:
		return ret(errno.EINVAL)
	case s.GSO():
		return ret(errno.EBADMSG)
	case index == 0 || e.device(index) == nil:
		return ret(errno.EINVAL)
	case p.MACLen() <= 0 || p.Len() == 0:
		return ret(errno.ERANGE)
	}
	return 0, nil
}

// redirectPeer and redirectNeighbour are bpf_redirect with other flags.
func redirectPeer(c *vm.CPU) (uint64, error) {
	return redirectTC(c, c.R[2] == 0)
}

func redirectNeighbour(c *vm.CPU) (uint64, error) {
	const paramsLen = 20
	n := int32(c.R[3])
	return redirectTC(c, c.R[4] == 0 && (n == 0 || n >= paramsLen))
}

func redirectTC(c *vm.CPU, ok bool) (uint64, error) {
	if !ok {
		return tcShot, nil
	}
	EnvOf(c).Redirect = Redirect{Ifindex: uint32(c.R[1])}
	return tcRedirect, nil
}

// noSocket is for lookups: there are no sockets besides the packet's own.
func noSocket(c *vm.CPU) (uint64, error) { return 0, nil }

// fullSocket returns its argument: the sockets here are full ones.
func fullSocket(c *vm.CPU) (uint64, error) { return c.R[1], nil }
