package helper

import (
	"bytes"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Offsets in struct bpf_tunnel_key, and the lengths that it had over time.
const (
	tunnelRemote = 4
	tunnelTOS    = 20
	tunnelExt    = 22
	tunnelLabel  = 24
	tunnelLocal  = 28
	tunnelLen    = 44
	tunnelOld    = 8 // up to the first word of the remote address
)

// Flags of bpf_skb_set_tunnel_key.
const (
	tunnelIPv6     = 1 << 0
	tunnelZeroCsum = 1 << 1
	tunnelNoFrag   = 1 << 2
	tunnelSeq      = 1 << 3
	tunnelNoKey    = 1 << 4
	tunnelFlags    = 1 << 4 // of bpf_skb_get_tunnel_key: give the flags
	maxTunnelOpt   = 255
)

func tunnelCompat(size uint64) bool {
	return size == tunnelLocal || size == tunnelLabel || size == tunnelExt || size == tunnelOld
}

// setTunnelKey says how the packet is to be encapsulated.
func setTunnelKey(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	size, flags := uint64(uint32(c.R[3])), c.R[4]
	from, err := Bytes(c, 2, size)
	if err != nil {
		return 0, err
	}
	key := make([]byte, tunnelLen)
	copy(key, from)
	switch {
	case flags&^(tunnelIPv6|tunnelZeroCsum|tunnelNoFrag|tunnelSeq|tunnelNoKey) != 0,
		size != tunnelLen && !tunnelCompat(size),
		flags&tunnelIPv6 == 0 && mem.Get(key[tunnelLabel:][:4]) != 0,
		mem.Get(key[tunnelExt:][:2]) != 0:
		return ret(errno.EINVAL)
	}
	s.Tunnel, s.TunnelFlags, s.TunnelOpt = key, flags, nil
	return 0, nil
}

// getTunnelKey returns the key from the point of view of who receives: local
// and remote are exchanged.
func getTunnelKey(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	size, flags := uint64(uint32(c.R[3])), c.R[4]
	to, err := Buffer(c, 2, size)
	if err != nil {
		return 0, err
	}
	clear(to)
	six := s.TunnelFlags&tunnelIPv6 != 0
	switch {
	case s.Tunnel == nil || flags&^(tunnelIPv6|tunnelFlags) != 0:
		return ret(errno.EINVAL)
	case six != (flags&tunnelIPv6 != 0):
		return ret(errno.EPROTO)
	case size != tunnelLen && !tunnelCompat(size), size == tunnelOld && six:
		return ret(errno.EINVAL)
	}
	key := bytes.Clone(s.Tunnel)
	n := 4
	if six {
		n = 16
		mem.Put(key[tunnelLabel:][:4], mem.Get(key[tunnelLabel:][:4])&0xfffff)
	}
	clear(key[tunnelRemote:][:16])
	clear(key[tunnelLocal:][:16])
	copy(key[tunnelRemote:], s.Tunnel[tunnelLocal:][:n])
	copy(key[tunnelLocal:], s.Tunnel[tunnelRemote:][:n])
	if flags&tunnelFlags != 0 {
		mem.Put(key[tunnelExt:][:2], uint64(wireFlags(s.TunnelFlags)))
	}
	copy(to, key[:size])
	return 0, nil
}

// wireFlags are a key's flags as the kernel's tunnels have them, in network
// order.
func wireFlags(flags uint64) uint16 {
	const csum, key, seq, noFrag, noCache = 0x0100, 0x0400, 0x0800, 0x0001, 0x0020
	f := uint16(noCache)
	if flags&tunnelZeroCsum == 0 {
		f |= csum
	}
	if flags&tunnelNoFrag != 0 {
		f |= noFrag
	}
	if flags&tunnelSeq != 0 {
		f |= seq
	}
	if flags&tunnelNoKey == 0 {
		f |= key
	}
	return f
}

func setTunnelOpt(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	size := uint64(uint32(c.R[3]))
	opt, err := Bytes(c, 2, size)
	switch {
	case err != nil:
		return 0, err
	case s.Tunnel == nil || size%4 != 0:
		return ret(errno.EINVAL)
	case size > maxTunnelOpt:
		return ret(errno.ENOMEM)
	}
	s.TunnelOpt = bytes.Clone(opt)
	return 0, nil
}

func getTunnelOpt(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	to, err := Buffer(c, 2, uint64(uint32(c.R[3])))
	if err != nil {
		return 0, err
	}
	clear(to)
	switch {
	case s.Tunnel == nil || s.TunnelOpt == nil:
		return ret(errno.ENOENT)
	case len(to) < len(s.TunnelOpt):
		return ret(errno.ENOMEM)
	}
	return uint64(copy(to, s.TunnelOpt)), nil
}
