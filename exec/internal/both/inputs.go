package both

import (
	"encoding/binary"

	"github.com/cilium/ebpf"
)

// Runnable reports whether BPF_PROG_TEST_RUN runs a program, by its type and by
// where it is attached.
func Runnable(t ebpf.ProgramType, attach ebpf.AttachType) bool {
	if attach == ebpf.AttachXDPDevMap || attach == ebpf.AttachXDPCPUMap {
		return false
	}
	switch t {
	case ebpf.SkLookup, ebpf.FlowDissector, ebpf.RawTracepoint, ebpf.Syscall, ebpf.Netfilter:
		return true
	}
	return takesPacket(t)
}

func takesPacket(t ebpf.ProgramType) bool {
	switch t {
	case ebpf.XDP, ebpf.SchedCLS, ebpf.SchedACT, ebpf.SocketFilter, ebpf.CGroupSKB, ebpf.LWTIn, ebpf.LWTOut,
		ebpf.LWTXmit:
		return true
	}
	return false
}

// Inputs are what programs of a type are run with, one after another.
func Inputs(t ebpf.ProgramType) (list []Input) {
	switch {
	case t == ebpf.FlowDissector, t == ebpf.Netfilter:
		list = Packets()
	case t == ebpf.SkLookup:
		list = lookups()
	case t == ebpf.Syscall:
		list = []Input{{Name: "nothing"}, {Name: "context", Ctx: make([]byte, 256)}}
	case t == ebpf.RawTracepoint:
		args := make([]byte, 12*8)
		for i := range 12 {
			args[8*i] = byte(i + 1)
		}
		list = []Input{{Name: "arguments", Ctx: args}, {Name: "zeros", Ctx: make([]byte, 12*8)}}
	case t == ebpf.XDP:
		list = Packets()
		with := list[0]
		ctx := make([]byte, 24)
		binary.LittleEndian.PutUint32(ctx, 16)
		binary.LittleEndian.PutUint32(ctx[4:], uint32(16+len(with.Data)))
		list = append(list, Input{"metadata", append(make([]byte, 16), with.Data...), ctx})
	case takesPacket(t):
		list = Packets()
		ctx := make([]byte, 192)
		ctx[8], ctx[32], ctx[48], ctx[52], ctx[152] = 7, 3, 1, 2, 9
		for i := range list[:4] {
			list = append(list, Input{list[i].Name + " with context", list[i].Data, ctx})
		}
	}
	return list
}

// Packets are frames of many kinds.
func Packets() []Input {
	ports := []byte{0x30, 0x39, 0, 80}
	udp := append(append([]byte{}, ports...), 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	tcp := append(append([]byte{}, ports...), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0)
	icmp := []byte{8, 0, 0, 0, 0, 1, 0, 1}
	dns := append([]byte{0x30, 0x39, 0, 53, 0, 25, 0, 0, 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1}, 0, 1)
	fragment := ipv4(17, udp...)
	fragment[6], fragment[7] = 0x20, 0x10
	options := append([]byte{0x46}, ipv4(6, tcp...)[1:20]...)
	options = append(append(options, 1, 1, 1, 0), tcp...)
	long := make([]byte, 1400)
	vlan := func(p []byte) []byte { return append([]byte{0, 5, p[12], p[13]}, p[14:]...) }
	return []Input{
		{Name: "IPv4 UDP", Data: ether(0x0800, ipv4(17, udp...)...)},
		{Name: "IPv4 TCP", Data: ether(0x0800, ipv4(6, tcp...)...)},
		{Name: "IPv6 TCP", Data: ether(0x86dd, ipv6(6, tcp...)...)},
		{Name: "zeros", Data: make([]byte, 64)},
		{Name: "IPv4 ICMP", Data: ether(0x0800, ipv4(1, icmp...)...)},
		{Name: "IPv4 DNS", Data: ether(0x0800, ipv4(17, dns...)...)},
		{Name: "IPv4 fragment", Data: ether(0x0800, fragment...)},
		{Name: "IPv4 options", Data: ether(0x0800, options...)},
		{Name: "IPv4 in IPv4", Data: ether(0x0800, ipv4(4, ipv4(6, tcp...)...)...)},
		{Name: "IPv6 UDP", Data: ether(0x86dd, ipv6(17, udp...)...)},
		{Name: "IPv6 ICMP", Data: ether(0x86dd, ipv6(58, 128, 0, 0, 0, 0, 1, 0, 1)...)},
		{Name: "IPv6 fragment", Data: ether(0x86dd, ipv6(44, append([]byte{17, 0, 0, 1, 0, 0, 0, 9}, udp...)...)...)},
		{Name: "VLAN", Data: ether(0x8100, vlan(ether(0x0800, ipv4(17, udp...)...))...)},
		{Name: "QinQ", Data: ether(0x88a8, vlan(ether(0x8100, vlan(ether(0x86dd, ipv6(6, tcp...)...))...))...)},
		{Name: "ARP", Data: ether(0x0806, make([]byte, 28)...)},
		{Name: "header only", Data: ether(0x88b5)},
		{Name: "ones", Data: fill(60, 0xff)},
		{Name: "long", Data: ether(0x0800, ipv4(17, long...)...)},
		{Name: "IPv4 UDP again", Data: ether(0x0800, ipv4(17, udp...)...)},
	}
}

func fill(n int, b byte) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = b
	}
	return p
}

func ether(proto uint16, payload ...byte) []byte {
	p := append([]byte{0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2}, byte(proto>>8), byte(proto))
	return append(p, payload...)
}

func ipv4(proto byte, payload ...byte) []byte {
	h := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(payload)))
	return append(h, payload...)
}

func ipv6(proto byte, payload ...byte) []byte {
	h := append([]byte{0x60, 0, 0, 0, 0, byte(len(payload)), proto, 64}, make([]byte, 32)...)
	h[8], h[23], h[24], h[39] = 0xfd, 1, 0xfd, 2
	return append(h, payload...)
}

// lookups are contexts of sk_lookup programs.
func lookups() (list []Input) {
	for _, family := range []byte{2, 10} {
		ctx := make([]byte, 72)
		ctx[8], ctx[12] = family, 6
		ctx[16], ctx[40], ctx[60] = 10, 10, 80
		list = append(list, Input{Name: "lookup", Ctx: ctx})
	}
	return list
}
