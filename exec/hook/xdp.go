package hook

import (
	"encoding/binary"
	"fmt"

	"github.com/bpflint/bpflint/exec/errno"
	"github.com/bpflint/bpflint/exec/mem"
)

// Offsets in struct xdp_md (include/uapi/linux/bpf.h).
const (
	xdpData    = 0
	xdpDataEnd = 4
	xdpMeta    = 8
	xdpIfindex = 12
	xdpQueue   = 16
	xdpLen     = 24
)

// xdp is struct xdp_md with a packet in a page of its own.
type xdp struct {
	pkt Packet
	raw [xdpLen]byte // fields that are no pointers
	// given is the context from user space.
	given [xdpLen]byte
}

func (x *xdp) Enter(view *mem.View, in *Input) (uint64, error) {
	const most = frameSize - xdpHeadroom - xdpTailroom
	data, metaLen := in.Data, 0
	clear(x.raw[:])
	clear(x.given[:])
	binary.LittleEndian.PutUint32(x.raw[xdpIfindex:], 1) // the loopback device
	if len(in.Ctx) > 0 {
		var err error
		if metaLen, err = x.readCtx(in.Ctx, len(in.Data)); err != nil {
			return 0, err
		}
	}
	if err := checkHeader(in); err != nil {
		return 0, err
	}
	if end := int(binary.LittleEndian.Uint32(x.given[xdpDataEnd:])); len(in.Ctx) > 0 && end != len(data) {
		return 0, fmt.Errorf("unsupported: XDP packets of more than one buffer: data_end of the context is %d, the data has %d bytes", end, len(data))
	}
	if len(data) > most {
		return 0, fmt.Errorf("unsupported: XDP packets of more than one buffer: the packet has %d bytes, the first holds %d", len(data), most)
	}
	tail := frameSize - xdpTailroom - xdpHeadroom - (len(data) - metaLen)
	x.pkt.set(view, data[metaLen:], xdpHeadroom, tail)
	copy(x.pkt.buf[xdpHeadroom-metaLen:], data[:metaLen])
	x.pkt.meta -= metaLen
	x.pkt.publish()
	view.SetPrivate(contextRegion, mem.Region{}, mem.Info{Name: "the context", Device: x})
	return mem.Addr(contextRegion), nil
}

// readCtx takes over a context from user space, where data counts from the
// metadata, and returns the length of the metadata.
func (x *xdp) readCtx(given []byte, size int) (int, error) {
	ctx, err := structContext(given, "xdp_md", xdpLen)
	if err != nil {
		return 0, err
	}
	// What user space gave comes back, even where the program sees the loopback
	// device instead of none.
	copy(x.given[:], ctx)
	u := func(off int) int { return int(binary.LittleEndian.Uint32(x.given[off:])) }
	switch n := u(xdpData); {
	case u(xdpMeta) != 0 || u(xdpDataEnd) > size || n > u(xdpDataEnd):
		return 0, invalid("invalid context: data_meta must be 0 and data_end the length of the data, %d", size)
	case size-n < etherLen:
		return 0, invalid("a packet needs at least %d bytes after its metadata, an Ethernet header", etherLen)
	case n%4 != 0 || n > 252:
		return 0, invalid("invalid context: metadata must be at most 252 bytes, a multiple of 4")
	case u(xdpIfindex) > 1:
		return 0, Refuse(errno.ENODEV, "invalid context: the only device is 1")
	case u(xdpIfindex) == 0 && u(xdpQueue) != 0:
		return 0, invalid("invalid context: a queue without a device")
	case u(xdpQueue) != 0:
		return 0, invalid("invalid context: the device has only queue 0")
	}
	return u(xdpData), nil
}

// Load reads a field; the pointers are wider than their fields.
func (x *xdp) Load(off uint32, size int) (uint64, bool) {
	switch {
	case int(off)+size > xdpLen:
		return 0, false
	case off >= xdpIfindex:
		return mem.Get(x.raw[off:][:size]), true
	case size != 4:
		return 0, false
	}
	switch off {
	case xdpData:
		return x.pkt.dataAddr(), true
	case xdpDataEnd:
		return x.pkt.endAddr(), true
	case xdpMeta:
		return x.pkt.metaAddr(), true
	}
	return 0, false
}

// Store is refused: no field can be written.
func (x *xdp) Store(uint32, int, uint64) bool { return false }

func (x *xdp) Leave() (data, ctx []byte) {
	p := &x.pkt
	meta := uint32(p.start - p.meta)
	out := x.given[:]
	binary.LittleEndian.PutUint32(out[xdpData:], meta)
	binary.LittleEndian.PutUint32(out[xdpDataEnd:], uint32(p.end-p.meta))
	return p.buf[p.meta:p.end], out
}

func (x *xdp) Packet() *Packet { return &x.pkt }
