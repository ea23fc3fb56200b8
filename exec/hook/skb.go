package hook

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/bpflint/bpflint/exec/mem"
)

// Offsets in struct __sk_buff (include/uapi/linux/bpf.h).
const (
	skbLenField = 0
	skbPktType  = 4
	skbMark     = 8
	skbQueue    = 12
	skbProtocol = 16
	skbVlan     = 20 // present, then the tag and its protocol
	skbVlanTCI  = 24
	skbVlanType = 28
	skbPriority = 32
	skbIngress  = 36
	skbIfindex  = 40
	skbTCIndex  = 44
	skbCB       = 48
	skbCBEnd    = 68
	skbHash     = 68
	skbClassID  = 72
	skbData     = 76
	skbDataEnd  = 80
	skbFamily   = 88 // the first field of the socket
	skbMeta     = 140
	skbFlowKeys = 144
	skbTstamp   = 152
	skbWireLen  = 160
	skbGSOSegs  = 164
	skbSock     = 168
	skbGSOSize  = 176
	skbClock    = 180 // type of the time stamp, 1 byte
	skbHwtstamp = 184
	skbSize     = 192
)

// skbHeadroom is what the kernel leaves before a packet of a test run:
// NET_SKB_PAD and NET_IP_ALIGN on x86.
const skbHeadroom = 64

// SKB is struct __sk_buff.
type SKB struct {
	// Tunnel is the tunnel's key that the program set, struct bpf_tunnel_key
	// and its flags; nil when it set none.
	Tunnel      []byte
	TunnelFlags uint64
	TunnelOpt   []byte
	// LinkLen is the length of the link header as a helper last set it, 0
	// before.
	LinkLen int
	// Verified is one more than the number of inner checksums that a device is
	// said to have verified, 0 when it verified none.
	Verified int
	// Encapsulated says that the program made room for an outer header.
	Encapsulated bool

	// link says that the program sees the Ethernet header.
	link bool
	pkt  Packet
	raw  [skbSize]byte // fields that are not computed
	out  []byte
	sock socket
}

// Packet types of a received packet.
const (
	toHost  = 0
	toMany  = 2
	toOther = 3
)

// Enter prepares a run.
func (s *SKB) Enter(view *mem.View, in *Input) (uint64, error) {
	ctx, err := checkSKB(in)
	if err != nil {
		return 0, err
	}
	s.Tunnel, s.TunnelOpt, s.LinkLen, s.Verified, s.Encapsulated = nil, nil, 0, 0, false
	// User space's values come first; what it cannot choose is set after.
	clear(s.raw[copy(s.raw[:], ctx):])
	s.pkt.set(view, in.Data, skbHeadroom, 0)
	s.put(skbPktType, uint32(packetType(in.Data[:6])))
	s.put(skbProtocol, uint32(binary.LittleEndian.Uint16(in.Data[12:])))
	if binary.BigEndian.Uint16(in.Data[12:]) < 0x600 {
		s.put(skbProtocol, 0x0400) // ETH_P_802_2
	}
	if s.get(skbIfindex) == 0 {
		s.put(skbIfindex, 1) // the loopback device
	}
	if !s.link {
		s.pkt.start += etherLen
		s.pkt.meta = s.pkt.start
		s.pkt.publish()
	}
	if len(in.Ctx) > 0 && s.get(skbWireLen) == 0 {
		s.put(skbWireLen, uint32(s.pkt.Len()))
	}
	if len(in.Ctx) > 0 && int(s.get(skbWireLen)) < s.pkt.Len() {
		return 0, invalid("invalid context: wire_len is less than the packet's length")
	}
	s.sock.fromPacket(view, in.Data)
	view.SetPrivate(contextRegion, mem.Region{}, mem.Info{Name: "the context", Device: s})
	return mem.Addr(contextRegion), nil
}

// skbAllowed lists the fields that user space may choose, and the end.
var skbAllowed = [][2]int{
	{skbMark, skbQueue}, {skbPriority, skbTCIndex}, {skbCB, skbCBEnd}, {skbTstamp, skbGSOSegs + 4},
	{skbGSOSize, skbGSOSize + 4}, {skbHwtstamp, skbSize}, {skbSize, skbSize},
}

// checkSKB refuses what the kernel refuses: headers that are not there, and
// fields that user space cannot choose. It returns the context.
func checkSKB(in *Input) ([]byte, error) {
	if err := checkPacket(in); err != nil {
		return nil, err
	}
	ctx, err := structContext(in.Ctx, "__sk_buff", skbSize)
	if err != nil {
		return nil, err
	}
	need := networkLen(binary.BigEndian.Uint16(in.Data[12:]))
	if len(in.Data) < etherLen+need {
		return nil, invalid("the packet ends in its network header, which needs %d bytes", need)
	}
	at := 0
	for _, f := range skbAllowed {
		for ; at < min(f[0], len(ctx)); at++ {
			if ctx[at] != 0 {
				return nil, invalid("invalid context: byte %d must be 0", at)
			}
		}
		at = f[1]
	}
	return ctx, nil
}

// networkLen is the length of a network header without options.
func networkLen(protocol uint16) int {
	switch protocol {
	case etherIPv4:
		return 20
	case etherIPv6:
		return 40
	}
	return 0
}

// Protocols of Ethernet frames.
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

func (s *SKB) get(off int) uint32    { return binary.LittleEndian.Uint32(s.raw[off:]) }
func (s *SKB) put(off int, v uint32) { binary.LittleEndian.PutUint32(s.raw[off:], v) }

// packetType compares a destination with the loopback device's address, which
// is all zeros, as is its broadcast address.
func packetType(dst []byte) int {
	switch {
	case dst[0]&1 != 0:
		return toMany
	case bytes.Equal(dst, make([]byte, 6)):
		return toHost
	}
	return toOther
}

// Load reads a field; the pointers are wider than their fields.
func (s *SKB) Load(off uint32, size int) (uint64, bool) {
	if int(off)+size > skbSize {
		return 0, false
	}
	if size == 4 {
		switch off {
		case skbData:
			return s.pkt.dataAddr(), true
		case skbDataEnd:
			return s.pkt.endAddr(), true
		case skbMeta:
			return s.pkt.metaAddr(), true
		}
	}
	if off == skbSock && size == 8 {
		return s.sock.addr(), true
	}
	if off >= skbFamily && off < skbMeta {
		return s.sock.ofPacket(off, size), true
	}
	if base := off &^ 3; size < 4 && size >= skbNarrow[base/4] && skbNarrow[base/4] > 0 {
		return mem.Get(s.raw[base:][:4]), true
	}
	if off < skbPktType {
		s.put(skbLenField, uint32(s.pkt.Len()))
	}
	return mem.Get(s.raw[off:][:size]), true
}

// skbNarrow has the widths in bytes that fields have in the kernel, where those
// are less than the 4 bytes that programs see. A load that is narrower than
// what programs see, but not than what the kernel has, gives the whole value
// wherever in the field it is.
var skbNarrow = [skbSize / 4]int{
	skbPktType / 4: 1, skbQueue / 4: 2, skbProtocol / 4: 2, skbVlanTCI / 4: 2, skbVlanType / 4: 2, skbTCIndex / 4: 2,
	skbClassID / 4: 2, skbGSOSegs / 4: 2, skbGSOSize / 4: 2,
}

// skbWritable lists the fields that some program type may write.
var skbWritable = [][2]uint32{
	{skbMark, skbProtocol}, {skbPriority, skbIngress}, {skbTCIndex, skbCBEnd}, {skbClassID, skbData},
	{skbTstamp, skbWireLen},
}

func (s *SKB) Store(off uint32, size int, v uint64) bool {
	const noQueue = 0xffff
	switch {
	case (off == skbTCIndex || off == skbClassID) && size == 4: // 16 bits in the kernel
		v &= 0xffff
	case off == skbQueue && size == 4 && uint32(v) >= noQueue:
		return true // ignored
	}
	for _, f := range skbWritable {
		if off >= f[0] && off+uint32(size) <= f[1] {
			mem.Put(s.raw[off:][:size], v)
			return true
		}
	}
	return false
}

// Leave returns the whole frame; a header that the program did not see is
// zero.
func (s *SKB) Leave() (data, ctx []byte) {
	s.out = s.out[:0]
	if !s.link {
		s.out = append(s.out, make([]byte, etherLen)...)
	}
	s.out = append(s.out, s.pkt.Bytes()...)
	var back [skbSize]byte
	for _, f := range skbAllowed {
		copy(back[f[0]:f[1]], s.raw[f[0]:f[1]])
	}
	s.raw = back
	return s.out, s.raw[:]
}

// Packet returns the packet.
func (s *SKB) Packet() *Packet { return &s.pkt }

// Protocol returns the protocol of the network header.
func (s *SKB) Protocol() uint16 { return bits.ReverseBytes16(uint16(s.get(skbProtocol))) }

// SetProtocol changes the protocol.
func (s *SKB) SetProtocol(p uint16) { s.put(skbProtocol, uint32(bits.ReverseBytes16(p))) }

// Type returns the packet's type, such as 0 for a packet to this host.
func (s *SKB) Type() uint32 { return s.get(skbPktType) }

// SetType changes the packet's type.
func (s *SKB) SetType(t uint32) { s.put(skbPktType, t) }

// SetHash sets the flow's hash.
func (s *SKB) SetHash(h uint32) { s.put(skbHash, h) }

// GSO reports whether the packet is one of several that are sent as one.
func (s *SKB) GSO() bool { return s.get(skbGSOSize) != 0 }

// SetTime sets the time stamp and its clock.
func (s *SKB) SetTime(t uint64, clock uint32) {
	mem.Put(s.raw[skbTstamp:][:8], t)
	s.put(skbClock, clock)
}

// Vlan returns the tag that is kept beside the packet.
func (s *SKB) Vlan() (proto, tci uint16, ok bool) {
	proto = bits.ReverseBytes16(uint16(s.get(skbVlanType)))
	return proto, uint16(s.get(skbVlanTCI)), s.get(skbVlan) != 0
}

// SetVlan sets the tag that is kept beside the packet.
func (s *SKB) SetVlan(proto, tci uint16) {
	s.put(skbVlan, 1)
	s.put(skbVlanTCI, uint32(tci))
	s.put(skbVlanType, uint32(bits.ReverseBytes16(proto)))
}

// ClearVlan removes it.
func (s *SKB) ClearVlan() { clear(s.raw[skbVlan : skbVlanType+4]) }

// Link reports whether the program sees the Ethernet header.
func (s *SKB) Link() bool { return s.link }
