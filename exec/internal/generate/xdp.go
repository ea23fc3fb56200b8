package generate

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/bpflint/bpflint/cfg"
)

// XDP makes the program of a seed, of type xdp, as Packet does.
func XDP(seed uint64) []cfg.Insn {
	g := &packetGenerator{generator: generator{rng: rand.New(rand.NewPCG(seed, 5))}, xdp: true}
	return g.program(seed)
}

// InputXDP makes the packet and the context of a seed; some packets have
// metadata in front.
func InputXDP(seed uint64) (data, ctx []byte) {
	data, _ = Input(seed)
	r := rand.New(rand.NewPCG(seed, 6))
	meta := 0
	if r.IntN(3) == 0 {
		meta = 4 * r.IntN(16)
	}
	ctx = make([]byte, 24)
	binary.LittleEndian.PutUint32(ctx, uint32(meta))
	binary.LittleEndian.PutUint32(ctx[4:], uint32(meta+len(data)))
	return append(make([]byte, meta), data...), ctx
}

func (g *packetGenerator) stepXDP() {
	switch n := g.rng.IntN(100); {
	case n < 30:
		g.adjust()
	case n < 50:
		g.bytesXDP()
	case n < 65:
		g.direct()
	case n < 70:
		g.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, 0, ctxSaved, int(g.pick(12, 16)), 0)
		g.fold()
	default:
		g.useMap()
	}
}

// adjust moves an end of the packet, or asks for its length.
func (g *packetGenerator) adjust() {
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64, 2, 0, 0, g.pick(0, 4, -4, 8, -8, 14, -14, 20, -20, -32, 60, -60, 128, -216, -256, 300, 3000, -3000))
	g.call(g.pick(44, 54, 65, 188)) // xdp_adjust_head, xdp_adjust_meta, xdp_adjust_tail, xdp_get_buff_len
	g.fold()
}

// bytesXDP copies from or to the packet.
func (g *packetGenerator) bytesXDP() {
	n := g.pick(1, 2, 4, 7, 16, 64)
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64, 2, 0, 0, g.size()+g.pick(0, 0, 3, 70000))
	g.buffer(3)
	g.emit(mov64, 4, 0, 0, n)
	g.call(g.pick(189, 190)) // xdp_load_bytes, xdp_store_bytes
	g.fold()
	g.foldBuffer(int(n))
}
