package helper

import (
	"fmt"
	"math/bits"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/hook"
	"github.com/bpflint/bpflint/exec/vm"
)

// Lengths and protocols of headers.
const (
	etherLen  = 14
	ipv4Len   = 20
	ipv6Len   = 40
	vlanLen   = 4
	vlanAt    = 12 // where a tag is in an Ethernet header
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVlan = 0x8100
	etherQinQ = 0x88a8
	ether802  = 0x600 // what is below is a length
	// maxSKB is the longest packet that helpers make: four pages without
	// struct skb_shared_info.
	maxSKB = 4*4096 - 320
)

// skbArg returns the packet of the running program with what struct sk_buff
// knows of it.
func skbArg(c *vm.CPU) (*hook.SKB, error) {
	if s, ok := EnvOf(c).Hook.(*hook.SKB); ok {
		return s, nil
	}
	return nil, fmt.Errorf("the program has no struct __sk_buff")
}

func headerLen(proto uint16) int {
	switch proto {
	case etherIPv4:
		return ipv4Len
	case etherIPv6:
		return ipv6Len
	}
	return -1
}

func skbChangeTail(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	n, p := int64(uint32(c.R[2])), s.Packet()
	switch {
	case c.R[3] != 0 || n > maxSKB || n < int64(p.MinLen()):
		return ret(errno.EINVAL)
	case s.Encapsulated:
		return ret(errno.ENOTSUPP)
	}
	return ret(p.Resize(int(n)))
}

// skbPull makes the first bytes of the packet linear, which all are here.
func skbPull(c *vm.CPU) (uint64, error) {
	p, err := PacketOf(c)
	if err != nil {
		return 0, err
	}
	if uint64(uint32(c.R[2])) > uint64(p.Len()) {
		return ret(errno.ENOMEM)
	}
	return 0, nil
}

// skbChangeHead makes room for a link header in front.
func skbChangeHead(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	n, p := uint32(c.R[2]), s.Packet()
	total := uint32(p.Len()) + n
	if c.R[3] != 0 || total > maxSKB && !s.GSO() || total < n {
		return ret(errno.EINVAL)
	}
	p.Insert(0, int(n))
	p.StartMAC()
	s.LinkLen = p.MACLen()
	return 0, nil
}

func skbChangeType(c *vm.CPU) (uint64, error) {
	const last = 3 // types that a received packet has
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	if t := uint32(c.R[2]); s.Type() <= last && t <= last {
		s.SetType(t)
		return 0, nil
	}
	return ret(errno.EINVAL)
}

// skbChangeProto turns IPv4 into IPv6 or back by the difference of the headers'
// lengths.
func skbChangeProto(c *vm.CPU) (uint64, error) {
	const diff = ipv6Len - ipv4Len
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	p, from, to := s.Packet(), s.Protocol(), bits.ReverseBytes16(uint16(c.R[2]))
	at := p.MACLen()
	switch {
	case c.R[3] != 0:
		return ret(errno.EINVAL)
	case from == etherIPv4 && to == etherIPv6:
		p.Insert(at, diff)
		p.MoveHeaders(-diff, -diff)
	case from == etherIPv6 && to == etherIPv4:
		if p.Len() < at+diff {
			return ret(errno.ENOMEM)
		}
		p.Remove(at, diff)
		p.MoveHeaders(diff, diff)
	default:
		return ret(errno.ENOTSUPP)
	}
	s.SetProtocol(to)
	s.SetHash(0)
	return 0, nil
}

// Flags of bpf_skb_adjust_room.
const (
	roomFixedGSO    = 1 << 0
	roomEncapIPv4   = 1 << 1
	roomEncapIPv6   = 1 << 2
	roomEncapGRE    = 1 << 3
	roomEncapUDP    = 1 << 4
	roomNoChecksum  = 1 << 5
	roomEncapEther  = 1 << 6
	roomDecapIPv4   = 1 << 7
	roomDecapIPv6   = 1 << 8
	roomEncapL2     = 0xff << 56
	roomEncapL2Bits = 56
	roomKnown       = 1<<9 - 1 | roomEncapL2

	roomNet = 0
	roomMAC = 1
)

// skbAdjustRoom adds or removes bytes after the Ethernet or the network header.
func skbAdjustRoom(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	diff, mode, flags := int(int32(c.R[2])), uint32(c.R[3]), c.R[4]
	p, least := s.Packet(), headerLen(s.Protocol())
	n, shrink := max(diff, -diff), diff < 0
	switch {
	case flags&^roomKnown != 0:
		return ret(errno.EINVAL)
	case n > 0xfff:
		return ret(errno.EFAULT)
	case least < 0, mode > roomMAC:
		return ret(errno.ENOTSUPP)
	}
	at := p.MACLen()
	if mode == roomNet {
		at += least
	}
	if decap := flags & (roomDecapIPv4 | roomDecapIPv6); decap != 0 {
		if !shrink || decap == roomDecapIPv4|roomDecapIPv6 {
			return ret(errno.EINVAL)
		}
		if least = ipv4Len; decap == roomDecapIPv6 {
			least = ipv6Len
		}
	}
	// The kernel's difference has no sign, so that a packet which was cut before
	// its network header has plenty behind it.
	rest := uint32(p.Len() - p.NetworkOffset())
	if shrink && (uint32(n) >= rest || rest-uint32(n) < uint32(least)) || !shrink && p.Len()+n > maxSKB && !s.GSO() {
		return ret(errno.ENOTSUPP)
	}
	change := growRoom
	if shrink {
		change = shrinkRoom
	}
	e := change(s, at, n, flags)
	if e == errno.OK && flags&roomNoChecksum == 0 {
		s.Verified = 0
	}
	return ret(e)
}

func shrinkRoom(s *hook.SKB, at, n int, flags uint64) errno.Errno {
	p := s.Packet()
	switch {
	case flags&^(roomFixedGSO|roomDecapIPv4|roomDecapIPv6|roomNoChecksum) != 0:
		return errno.EINVAL
	case s.GSO():
		return errno.ENOTSUPP
	case at+n > p.Len():
		return errno.ENOMEM
	}
	p.Remove(at, n)
	p.MoveHeaders(n, n)
	switch {
	case s.Protocol() == etherIPv4 && flags&roomDecapIPv6 != 0:
		s.SetProtocol(etherIPv6)
	case s.Protocol() == etherIPv6 && flags&roomDecapIPv4 != 0:
		s.SetProtocol(etherIPv4)
	}
	return errno.OK
}

func growRoom(s *hook.SKB, at, n int, flags uint64) errno.Errno {
	p := s.Packet()
	if s.GSO() {
		return errno.ENOTSUPP
	}
	both := func(mask uint64) bool { return flags&mask == mask }
	if flags&(roomEncapIPv4|roomEncapIPv6) != 0 {
		inner := int(flags >> roomEncapL2Bits)
		switch {
		case both(roomEncapIPv4 | roomEncapIPv6), both(roomEncapGRE | roomEncapUDP),
			flags&roomEncapEther != 0 && inner < etherLen:
			return errno.EINVAL
		case s.Encapsulated:
			return errno.EALREADY
		case inner > n:
			return errno.EINVAL
		}
		s.Encapsulated = true
	}
	p.Insert(at, n)
	p.MoveHeaders(-n, -n)
	if encap := flags & (roomEncapIPv4 | roomEncapIPv6); encap != 0 && flags&(roomEncapGRE|roomEncapUDP) != 0 {
		outer := ipv4Len
		if encap == roomEncapIPv6 {
			outer = ipv6Len
		}
		p.SetTransport(p.MACLen() + outer)
	}
	switch {
	case s.Protocol() == etherIPv4 && flags&roomEncapIPv6 != 0:
		s.SetProtocol(etherIPv6)
	case s.Protocol() == etherIPv6 && flags&roomEncapIPv4 != 0:
		s.SetProtocol(etherIPv4)
	}
	return errno.OK
}

// skbVlanPush keeps a tag beside the packet, where a device adds it; the one
// that was there goes into the packet.
func skbVlanPush(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	proto, tci := bits.ReverseBytes16(uint16(c.R[2])), uint16(c.R[3])
	if proto != etherVlan && proto != etherQinQ {
		proto = etherVlan
	}
	if oldProto, oldTCI, ok := s.Vlan(); ok {
		p := s.Packet()
		p.Insert(vlanAt, vlanLen)
		put16(p.At(vlanAt, 2), bits.ReverseBytes16(oldProto))
		put16(p.At(vlanAt+2, 2), bits.ReverseBytes16(oldTCI))
		p.MoveHeaders(-vlanLen, -vlanLen)
		s.SetProtocol(oldProto)
	}
	s.SetVlan(proto, tci)
	s.LinkLen = s.Packet().MACLen()
	return 0, nil
}

// skbVlanPop removes the outermost tag; the next one is taken out of the
// packet.
func skbVlanPop(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	if _, _, ok := s.Vlan(); ok {
		s.ClearVlan()
	} else {
		if !isVlan(s.Protocol()) {
			return 0, nil
		}
		if _, e := untag(s); e != errno.OK {
			return ret(e)
		}
	}
	if proto := s.Protocol(); isVlan(proto) {
		tci, e := untag(s)
		if e != errno.OK {
			return ret(e)
		}
		s.SetVlan(proto, tci)
	}
	return 0, nil
}

func isVlan(proto uint16) bool { return proto == etherVlan || proto == etherQinQ }

// untag takes the tag out of the packet.
func untag(s *hook.SKB) (tci uint16, e errno.Errno) {
	p := s.Packet()
	tag := p.At(vlanAt, 2*vlanLen)
	if tag == nil || p.Len() < etherLen+vlanLen {
		return 0, errno.ENOMEM
	}
	tci = bits.ReverseBytes16(get16(tag[2:]))
	inner := bits.ReverseBytes16(get16(tag[4:]))
	p.Remove(vlanAt, vlanLen)
	p.MoveHeaders(vlanLen, 0)
	if short := etherLen - p.NetworkOffset(); short > 0 {
		p.MoveHeaders(0, short)
	}
	if inner < ether802 {
		inner = 0x0004 // ETH_P_802_2
	}
	s.SetProtocol(inner)
	s.LinkLen = p.MACLen()
	return tci, errno.OK
}

func skbSetTime(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	t, clock := c.R[2], uint32(c.R[3])
	switch {
	case headerLen(s.Protocol()) < 0:
		return ret(errno.EOPNOTSUPP)
	case clock > 2 || clock > 0 && t == 0:
		return ret(errno.EINVAL)
	}
	s.SetTime(t, clock)
	return 0, nil
}

func skbSetHash(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err == nil {
		s.SetHash(uint32(c.R[2]))
	}
	return 0, err
}

func skbClearHash(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err == nil {
		s.SetHash(0)
	}
	return 0, err
}

// skbSetCongestion marks the packet as having met congestion (RFC 3168);
// 1 when it is marked afterwards.
func skbSetCongestion(c *vm.CPU) (uint64, error) {
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	p := s.Packet()
	ip := p.From(1, 0, uint64(max(headerLen(innerProtocol(s)), 0)))
	const mask, none, ce = 3, 0, 3
	switch len(ip) {
	case ipv4Len:
		ecn := ip[1] & mask
		if ecn == none || ecn == ce {
			return uint64(ecn & 1), nil
		}
		before := uint32(get16(ip[0:2]))
		ip[1] |= ce
		put16(ip[10:12], fold(add(add(uint32(^get16(ip[10:12])), uint32(^uint16(before))), uint32(get16(ip[0:2])))))
		return 1, nil
	case ipv6Len:
		ecn := ip[1] >> 4 & mask
		if ecn == none {
			return 0, nil
		}
		ip[1] |= ce << 4
		return 1, nil
	}
	return 0, nil
}

// innerProtocol is the protocol behind the tags in the packet, which are
// looked for at the end of the link header.
func innerProtocol(s *hook.SKB) uint16 {
	const maxTags = 8
	proto, at := s.Protocol(), etherLen
	if s.LinkLen > 0 {
		at = s.LinkLen - vlanLen
	}
	for tags := 1; isVlan(proto); tags++ {
		tag := s.Packet().At(uint64(at), vlanLen)
		if tag == nil || tags == maxTags {
			return 0
		}
		proto = bits.ReverseBytes16(get16(tag[2:]))
		at += vlanLen
	}
	return proto
}

// csumUpdate works on a sum that a device computed; packets here have none.
func csumUpdate(*vm.CPU) (uint64, error) { return ret(errno.ENOTSUPP) }

// csumLevel changes how many checksums a device is said to have verified.
func csumLevel(c *vm.CPU) (uint64, error) {
	const query, increment, decrement, reset, most = 0, 1, 2, 3, 3
	s, err := skbArg(c)
	if err != nil {
		return 0, err
	}
	switch c.R[2] {
	case query:
		if s.Verified == 0 {
			return ret(errno.EACCES)
		}
		return uint64(s.Verified - 1), nil
	case increment:
		s.Verified = min(s.Verified+1, most+1)
	case decrement:
		s.Verified = max(s.Verified-1, 0)
	case reset:
		s.Verified = 0
	default:
		return ret(errno.EINVAL)
	}
	return 0, nil
}
