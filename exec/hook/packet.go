// Package hook makes the contexts that programs are called with: what a
// program of each type finds behind R1, and what is left of it afterwards.
// Values and layouts are those of BPF_PROG_TEST_RUN.
package hook

import (
	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
	"github.com/bpflint/bpflint/exec/vm"
)

// Private regions of a CPU.
const (
	packetRegion = vm.FirstFreeRegion + iota
	contextRegion
	socketRegion
	objectRegion
	castRegion // of the context that a tail call made
	// DynptrRegion is where a helper keeps a dynamic pointer for a callback.
	DynptrRegion
	// FirstFreeRegion is the first region that contexts do not use.
	FirstFreeRegion
)

// Sizes of the kernel's packet buffers.
const (
	xdpHeadroom = 256
	xdpTailroom = 320 // struct skb_shared_info
	frameSize   = 4096
	etherLen    = 14
)

// Packet is the packet that a program works on. Its addresses begin with the
// metadata in front of it; whatever moves its ends voids all pointers, as the
// verifier has it, so it begins at the same address again.
type Packet struct {
	view  *mem.View
	buf   []byte
	meta  int // first byte of the metadata
	start int // first byte of the packet
	end   int
	// limit is how far the end may grow.
	limit int
	// before and after are how many bytes are hidden around them.
	before, after int
	// mac is where the Ethernet header is, network the header after it.
	mac, network int
	// transport is where the transport header is, noTransport before that is
	// known. The kernel moves even that value when it makes room in front, and
	// then takes it for a position.
	transport uint16
	// Bare says that there is no struct sk_buff, so that helpers do not find the
	// packet.
	Bare bool
}

const noTransport = 0xffff

// set places data behind some headroom.
func (p *Packet) set(view *mem.View, data []byte, headroom, tailroom int) {
	n := headroom + len(data) + tailroom
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	p.buf = p.buf[:n]
	clear(p.buf[:headroom])
	copy(p.buf[headroom:], data)
	clear(p.buf[headroom+len(data):])
	p.view = view
	p.before, p.after = 0, 0
	p.meta, p.start, p.end, p.limit = headroom, headroom, headroom+len(data), n
	p.mac, p.network, p.transport = headroom, headroom+etherLen, noTransport
	view.SetPrivate(packetRegion, mem.Region{}, packetInfo)
	p.publish()
}

var packetInfo = mem.Info{Name: "the packet"}

// publish makes the packet's bytes visible to the program.
func (p *Packet) publish() {
	b := p.buf[p.meta:p.end:p.end]
	p.view.SetPrivateMem(packetRegion, mem.Region{R: b, W: b})
}

func (p *Packet) metaAddr() uint64 { return mem.Addr(packetRegion) }
func (p *Packet) dataAddr() uint64 { return mem.Addr(packetRegion) + uint64(p.start-p.meta) }
func (p *Packet) endAddr() uint64  { return mem.Addr(packetRegion) + uint64(p.end-p.meta) }

// Bytes returns the packet.
func (p *Packet) Bytes() []byte { return p.buf[p.start:p.end] }

// Len returns the length of the packet.
func (p *Packet) Len() int { return p.end - p.start }

// At returns n bytes from an offset, nil when they are not all there.
func (p *Packet) At(off, n uint64) []byte {
	size := uint64(p.Len())
	if off > size || n > size-off {
		return nil
	}
	return p.Bytes()[off : off+n]
}

// AddrAt returns the address of n bytes from an offset, 0 when they are not all
// there.
func (p *Packet) AddrAt(off, n uint64) uint64 {
	if p.At(off, n) == nil {
		return 0
	}
	return p.dataAddr() + off
}

// From returns n bytes from an offset relative to a header: 0 the Ethernet
// header, 1 the network header.
func (p *Packet) From(header int, off, n uint64) []byte {
	base := p.mac
	if header == 1 {
		base = p.network
	}
	if base < 0 || base > p.end || off > uint64(p.end-base) || n > uint64(p.end-base)-off {
		return nil
	}
	return p.buf[base:p.end][off : off+n]
}

// AdjustHead moves the start of the packet, as bpf_xdp_adjust_head does.
func (p *Packet) AdjustHead(delta int) errno.Errno {
	start := p.start + delta
	metaLen := p.start - p.meta
	// struct xdp_frame and the metadata stay in front of the packet.
	const frameLen = 40
	if start < frameLen+metaLen || start > p.end-etherLen {
		return errno.EINVAL
	}
	if metaLen > 0 {
		copy(p.buf[start-metaLen:start], p.buf[p.meta:p.meta+metaLen])
	}
	p.start, p.meta = start, start-metaLen
	p.publish()
	return errno.OK
}

// AdjustTail moves the end of the packet, as bpf_xdp_adjust_tail does; new
// bytes are zero.
func (p *Packet) AdjustTail(delta int) errno.Errno {
	end := p.end + delta
	if end > p.limit || end < p.start+etherLen {
		return errno.EINVAL
	}
	if delta > 0 {
		clear(p.buf[p.end:end])
	}
	p.end = end
	p.publish()
	return errno.OK
}

// AdjustMeta moves the start of the metadata, as bpf_xdp_adjust_meta does.
func (p *Packet) AdjustMeta(delta int) errno.Errno {
	meta := p.meta + delta
	const frameLen = 40
	n := p.start - meta
	if meta < frameLen || meta > p.start {
		return errno.EINVAL
	}
	if n%4 != 0 || n > 252 {
		return errno.EACCES
	}
	p.meta = meta
	p.publish()
	return errno.OK
}

// Resize makes the packet n bytes long, as bpf_skb_change_tail does.
func (p *Packet) Resize(n int) errno.Errno {
	if end := p.start + n; end <= len(p.buf) {
		if end > p.end {
			clear(p.buf[p.end:end])
		}
		p.end = end
	} else {
		grown := make([]byte, end)
		copy(grown, p.buf[:p.end])
		p.buf, p.end = grown, end
	}
	p.publish()
	return errno.OK
}

// Insert puts n zero bytes at an offset; what is before it moves to the front.
func (p *Packet) Insert(off, n int) {
	if p.start < n {
		p.reserve(n - p.start)
	}
	copy(p.buf[p.start-n:], p.buf[p.start:p.start+off])
	p.start -= n
	clear(p.buf[p.start+off : p.start+off+n])
	p.meta = p.start
	p.publish()
}

// Remove takes out n bytes at an offset; what is before them moves back.
func (p *Packet) Remove(off, n int) {
	copy(p.buf[p.start+n:], p.buf[p.start:p.start+off])
	p.start += n
	p.meta = p.start
	p.publish()
}

// reserve makes room for n bytes in front of the packet, in steps of 64 as the
// kernel does.
func (p *Packet) reserve(n int) {
	n = (n + 63) &^ 63
	grown := make([]byte, n+len(p.buf))
	copy(grown[n:], p.buf[:p.end])
	p.buf = grown
	p.meta, p.start, p.end, p.limit = p.meta+n, p.start+n, p.end+n, p.limit+n
	p.mac, p.network, p.transport = p.mac+n, p.network+n, p.transport+uint16(n)
}

// MoveHeaders shifts where the headers are, in bytes from the start of the
// buffer.
func (p *Packet) MoveHeaders(mac, network int) {
	same := int(p.transport) == p.network
	p.mac, p.network = p.mac+mac, p.network+network
	if same && mac == network {
		p.transport = uint16(p.network)
	}
}

// SetTransport sets where the transport header is in the packet.
func (p *Packet) SetTransport(off int) { p.transport = uint16(p.start + off) }

// MinLen is the least length that helpers leave: that of the headers.
func (p *Packet) MinLen() int {
	if t := int(p.transport) - p.start; p.transport != noTransport && t > 0 {
		return t
	}
	return max(p.NetworkOffset(), 0)
}

// MACLen is the number of bytes between the Ethernet and the network header.
func (p *Packet) MACLen() int { return p.network - p.mac }

// NetworkOffset is where the network header is in the packet.
func (p *Packet) NetworkOffset() int { return p.network - p.start }

// StartNetwork says that the network header is where the packet starts.
func (p *Packet) StartNetwork() { p.network = p.start }

// StartMAC says that the Ethernet header is where the packet starts.
func (p *Packet) StartMAC() { p.mac = p.start }
