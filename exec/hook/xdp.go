package hook

import (
	"encoding/binary"
	"errors"

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

var errShort = errors.New("a packet needs at least 14 bytes, an Ethernet header")

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
	switch {
	case len(data)-metaLen < etherLen:
		return 0, errShort
	case len(data) > most:
		return 0, errors.New("unsupported: XDP packets of more than one buffer")
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
func (x *xdp) readCtx(ctx []byte, size int) (int, error) {
	var full [xdpLen]byte
	copy(full[:], ctx)
	u := func(off int) int { return int(binary.LittleEndian.Uint32(full[off:])) }
	if len(ctx) > xdpLen || u(xdpMeta) != 0 || u(xdpDataEnd) != size || u(xdpData) > size {
		return 0, errors.New("invalid context: data_meta must be 0 and data_end the length of the data")
	}
	if n := u(xdpData); n%4 != 0 || n > 252 {
		return 0, errors.New("invalid context: metadata must be at most 252 bytes, a multiple of 4")
	}
	// What user space gave comes back, even where the program sees the loopback
	// device instead of none.
	x.given = full
	if dev := u(xdpIfindex); dev > 1 || dev == 0 && u(xdpQueue) != 0 {
		return 0, errors.New("invalid context: the only device is 1")
	} else if dev == 1 && u(xdpQueue) != 0 {
		return 0, errors.New("invalid context: the device has only queue 0")
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
