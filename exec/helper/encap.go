package helper

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// pushEncap puts an outer IP header, and what may follow it, in front of a
// packet without a link header.
func pushEncap(c *vm.CPU) (uint64, error) {
	const ip, most = 2, 256
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	n := uint64(uint32(c.R[4]))
	header, err := Bytes(c, 3, n)
	if err != nil {
		return 0, err
	}
	switch {
	case uint32(c.R[2]) < ip:
		return 0, &NotSimulated{"bpf_lwt_push_encap with segment routing (helper 73)"}
	case uint32(c.R[2]) > ip || n < ipv4Len || n > most:
		return ret(errno.EINVAL)
	}
	proto, size, udp := outerHeader(header)
	if proto == 0 {
		return ret(errno.EINVAL)
	}
	p := s.Packet()
	p.Insert(0, int(n))
	p.StartNetwork()
	if udp {
		p.SetTransport(size)
	}
	outer := p.At(0, n)
	copy(outer, header)
	if proto == etherIPv4 && get16(outer[10:]) == 0 {
		put16(outer[10:], fold(sum(outer[:size], 0)))
	}
	s.Encapsulated = true
	s.SetHash(0)
	s.SetProtocol(proto)
	return 0, nil
}

// outerHeader returns the protocol and the length of an IP header, and whether
// UDP follows it; 0 when it is not whole.
func outerHeader(b []byte) (proto uint16, size int, udp bool) {
	const protoUDP, udpLen = 17, 8
	switch b[0] >> 4 {
	case 4:
		proto, size, udp = etherIPv4, 4*int(b[0]&0xf), b[9] == protoUDP
	case 6:
		proto, size, udp = etherIPv6, ipv6Len, b[6] == protoUDP
	default:
		return 0, 0, false
	}
	if need := size; len(b) < need || udp && len(b) < need+udpLen {
		return 0, 0, false
	}
	return proto, size, udp
}
