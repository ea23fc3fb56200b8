package helper

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/vm"
)

// SYN cookies (RFC 4987) as Linux lays them out: a number that only who has the
// secret can make, and that holds the minute and which segment size was offered.
// The secret of a kernel is new at each boot; here it comes from the seed, so
// that cookies are not those of any kernel.

// Segment sizes that a cookie can hold.
var (
	sizesIPv4 = []uint16{536, 1300, 1440, 1460}
	sizesIPv6 = []uint16{1220, 1420, 1440, 8940}
)

const (
	cookieBits    = 24
	cookieMinutes = 2 // how long one is good
	tcpHeaderLen  = 20
)

// cookie makes the cookie of a flow for a minute.
func (w *World) cookie(flow []byte, seq, minute, size uint32) uint32 {
	return w.flowHash(flow, 0, 0) + seq + minute<<cookieBits + (w.flowHash(flow, minute, 1)+size)&(1<<cookieBits-1)
}

// sizeOf returns which size a cookie holds; false when it is none, or too old.
func (w *World) sizeOf(cookie uint32, flow []byte, seq, minute uint32) (uint32, bool) {
	cookie -= w.flowHash(flow, 0, 0) + seq
	age := (minute - cookie>>cookieBits) & 0xff
	if age >= cookieMinutes {
		return 0, false
	}
	return (cookie - w.flowHash(flow, minute-age, 1)) & (1<<cookieBits - 1), true
}

func (w *World) flowHash(flow []byte, minute uint32, secret uint64) uint32 {
	h := fnv.New64a()
	var b [20]byte
	binary.LittleEndian.PutUint64(b[:], w.Seed)
	binary.LittleEndian.PutUint64(b[8:], secret)
	binary.LittleEndian.PutUint32(b[16:], minute)
	h.Write(b[:])
	h.Write(flow)
	s := h.Sum64()
	return uint32(s) ^ uint32(s>>32)
}

// flowOf returns the addresses and ports of a packet.
func flowOf(ip, tcp []byte) []byte {
	at, n := 12, 8
	if len(ip) == ipv6Len {
		at, n = 8, 32
	}
	return append(append([]byte(nil), ip[at:at+n]...), tcp[:4]...)
}

func minuteOf(c *vm.CPU) uint32 { return uint32(EnvOf(c).Now() / 60e9) }

// offeredSize reads the segment size of a TCP header's options.
func offeredSize(tcp []byte) uint16 {
	const kind, size, standard = 2, 4, 536
	if o := findOption(headerOptions(tcp), kind, nil); len(o) == size {
		if mss := binary.BigEndian.Uint16(o[2:]); mss != 0 {
			return mss
		}
	}
	return standard
}

// genCookie makes the cookie for a SYN, with the segment size above it.
func genCookie(ipLen int, sizes []uint16) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		n := uint32(c.R[3])
		ip, err := Bytes(c, 1, uint64(ipLen))
		if err != nil {
			return 0, err
		}
		tcp, err := Bytes(c, 2, uint64(n))
		if err != nil {
			return 0, err
		}
		if n < tcpHeaderLen || int(n) != int(tcp[headerOffset]>>4)*4 {
			return ret(errno.EINVAL)
		}
		mss, index := offeredSize(tcp), 0
		for i := range sizes {
			if sizes[i] <= mss {
				index = i
			}
		}
		seq := binary.BigEndian.Uint32(tcp[4:])
		cookie := EnvOf(c).World.cookie(flowOf(ip, tcp), seq, minuteOf(c), uint32(index))
		return uint64(cookie) | uint64(sizes[index])<<32, nil
	}
}

// checkCookie says whether an ACK has a cookie that was made for its flow.
func checkCookie(ipLen int, sizes []uint16) vm.Func {
	return func(c *vm.CPU) (uint64, error) {
		ip, err := Bytes(c, 1, uint64(ipLen))
		if err != nil {
			return 0, err
		}
		tcp, err := Bytes(c, 2, tcpHeaderLen)
		if err != nil {
			return 0, err
		}
		seq, cookie := binary.BigEndian.Uint32(tcp[4:])-1, binary.BigEndian.Uint32(tcp[8:])-1
		size, ok := EnvOf(c).World.sizeOf(cookie, flowOf(ip, tcp), seq, minuteOf(c))
		if !ok || int(size) >= len(sizes) {
			return ret(errno.EACCES)
		}
		return 0, nil
	}
}

// socketCookie makes or checks the cookie of a socket that listens; no socket
// here does.
func socketCookie(*vm.CPU) (uint64, error) { return ret(errno.EINVAL) }
