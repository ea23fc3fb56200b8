package hook

import (
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/mem"
)

// Offsets in struct bpf_sock (include/uapi/linux/bpf.h).
const (
	sockFamily  = 4
	sockSrc4    = 24
	sockSrc6    = 28
	sockSrcPort = 44
	sockDstPort = 48
	sockDst4    = 52
	sockDst6    = 56
	sockState   = 72
	sockQueue   = 76
	sockLen     = 80
)

// Families and states of sockets.
const (
	familyIPv4  = 2
	familyIPv6  = 10
	stateClosed = 7
)

// socket is the socket that a packet belongs to, as programs see it.
type socket struct{ raw [sockLen]byte }

// fromPacket makes the socket of a test run: closed, with the addresses of the
// packet.
func (s *socket) fromPacket(view *mem.View, frame []byte) {
	clear(s.raw[:])
	put := func(off int, v uint32) { binary.LittleEndian.PutUint32(s.raw[off:], v) }
	put(sockState, stateClosed)
	put(sockQueue, 1<<32-1)
	switch ip := frame[etherLen:]; binary.BigEndian.Uint16(frame[12:]) {
	case etherIPv4:
		put(sockFamily, familyIPv4)
		copy(s.raw[sockSrc4:][:4], ip[12:16])
		copy(s.raw[sockDst4:][:4], ip[16:20])
	case etherIPv6:
		put(sockFamily, familyIPv6)
		copy(s.raw[sockSrc6:][:16], ip[8:24])
		copy(s.raw[sockDst6:][:16], ip[24:40])
	}
	s.show(view)
}

// socketFields are the fields of a socket in struct __sk_buff, in the order of
// their offsets.
var socketFields = []struct{ first, sock uint32 }{
	{88, sockFamily}, {92, sockDst4}, {96, sockSrc4}, {100, sockDst6}, {116, sockSrc6}, {132, sockDstPort}, {136, sockSrcPort},
}

// ofPacket reads a field of the socket that struct __sk_buff shows.
func (s *socket) ofPacket(off uint32, size int) uint64 {
	at := 0
	for i, f := range socketFields {
		if off >= f.first {
			at = i
		}
	}
	from := socketFields[at]
	if at == 0 && size >= 2 { // the family, which has 16 bits in the kernel
		return mem.Get(s.raw[from.sock:][:4])
	}
	return mem.Get(s.raw[from.sock+off-from.first:][:size])
}

func (s *socket) show(view *mem.View) {
	view.SetPrivate(socketRegion, mem.Region{R: s.raw[:]}, mem.Info{Name: "the socket"})
}

func (*socket) addr() uint64 { return mem.Addr(socketRegion) }
