package hook

import (
	"bytes"
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/mem"
)

// Offsets in struct __sk_buff (include/uapi/linux/bpf.h).
const (
	skbLenField = 0
	skbPktType  = 4
	skbMark     = 8
	skbQueue    = 12
	skbProtocol = 16
	skbPriority = 32
	skbIngress  = 36
	skbIfindex  = 40
	skbTCIndex  = 44
	skbCB       = 48
	skbCBEnd    = 68
	skbClassID  = 72
	skbData     = 76
	skbDataEnd  = 80
	skbMeta     = 140
	skbTstamp   = 152
	skbWireLen  = 160
	skbGSOSegs  = 164
	skbGSOSize  = 176
	skbHwtstamp = 184
	skbSize     = 192
)

// skbHeadroom is what the kernel leaves before a packet of a test run:
// NET_SKB_PAD and NET_IP_ALIGN on x86.
const skbHeadroom = 64

// skb is struct __sk_buff.
type skb struct {
	// link says that the program sees the Ethernet header.
	link bool
	pkt  Packet
	raw  [skbSize]byte // fields that are not computed
	out  []byte
}

// Packet types of a received packet.
const (
	toHost = iota
	toAll
	toMany
	toOther
)

func (s *skb) Enter(view *mem.View, in *Input) (uint64, error) {
	if len(in.Data) < etherLen {
		return 0, errShort
	}
	clear(s.raw[:])
	// User space's values come first; what it cannot choose is set after.
	copy(s.raw[:], in.Ctx)
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
	view.SetPrivate(contextRegion, mem.Region{}, mem.Info{Name: "the context", Device: s})
	return mem.Addr(contextRegion), nil
}

func (s *skb) get(off int) uint32    { return binary.LittleEndian.Uint32(s.raw[off:]) }
func (s *skb) put(off int, v uint32) { binary.LittleEndian.PutUint32(s.raw[off:], v) }

// packetType compares a destination with the loopback device's address, which
// is all zeros.
func packetType(dst []byte) int {
	switch {
	case bytes.Equal(dst, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}):
		return toAll
	case dst[0]&1 != 0:
		return toMany
	case bytes.Equal(dst, make([]byte, 6)):
		return toHost
	}
	return toOther
}

// Load reads a field; the pointers are wider than their fields.
func (s *skb) Load(off uint32, size int) (uint64, bool) {
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
	if off < skbPktType {
		s.put(skbLenField, uint32(s.pkt.Len()))
	}
	return mem.Get(s.raw[off:][:size]), true
}

// skbWritable lists the fields that some program type may write.
var skbWritable = [][2]uint32{
	{skbMark, skbProtocol}, {skbPriority, skbIngress}, {skbTCIndex, skbCBEnd}, {skbClassID, skbData},
	{skbTstamp, skbWireLen},
}

func (s *skb) Store(off uint32, size int, v uint64) bool {
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
func (s *skb) Leave() (data, ctx []byte) {
	s.out = s.out[:0]
	if !s.link {
		s.out = append(s.out, make([]byte, etherLen)...)
	}
	s.out = append(s.out, s.pkt.Bytes()...)
	var back [skbSize]byte
	for _, f := range [][2]int{
		{skbMark, skbQueue}, {skbPriority, skbTCIndex}, {skbCB, skbCBEnd}, {skbTstamp, skbGSOSegs + 4},
		{skbGSOSize, skbGSOSize + 4}, {skbHwtstamp, skbSize},
	} {
		copy(back[f[0]:f[1]], s.raw[f[0]:f[1]])
	}
	s.raw = back
	return s.out, s.raw[:]
}

func (s *skb) Packet() *Packet { return &s.pkt }
