package generate

import (
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// PacketMaps are what programs with packets use, in the order of their
// indices.
func PacketMaps() []*ebpf.MapSpec {
	const noPrealloc, zeroSeed = 1, 1 << 6
	keyed := func(name string, typ ebpf.MapType, key, value, entries, flags uint32) *ebpf.MapSpec {
		return &ebpf.MapSpec{Name: name, Type: typ, KeySize: key, ValueSize: value, MaxEntries: entries, Flags: flags}
	}
	return []*ebpf.MapSpec{
		keyed("hash", ebpf.Hash, 4, 16, 4, zeroSeed),
		keyed("array", ebpf.Array, 4, 16, 3, 0),
		keyed("percpu_hash", ebpf.PerCPUHash, 4, 16, 4, zeroSeed),
		keyed("percpu_array", ebpf.PerCPUArray, 4, 16, 3, 0),
		keyed("lru", ebpf.LRUHash, 4, 16, 512, 0),
		keyed("lpm", ebpf.LPMTrie, 8, 16, 4, noPrealloc),
		keyed("lazy", ebpf.Hash, 4, 16, 4, noPrealloc|zeroSeed),
		{Name: "queue", Type: ebpf.Queue, ValueSize: 16, MaxEntries: 3},
		{Name: "stack", Type: ebpf.Stack, ValueSize: 16, MaxEntries: 3},
	}
}

// firstKeyless is the index of the first map without keys.
const firstKeyless = 7

// Key makes the bytes of a key of a map; there are Keys of them.
func Key(spec *ebpf.MapSpec, n int) []byte {
	key := make([]byte, spec.KeySize)
	if len(key) == 0 {
		return key
	}
	key[0] = byte(n)
	if spec.Type == ebpf.LPMTrie {
		key[0], key[4], key[5] = byte(3*n), byte(0x80>>(n%3)), byte(n)
	}
	return key
}

// Keys is how many keys of each map programs use.
const Keys = 6

// Packet makes the program of a seed, of type sched_cls: it calls helpers that
// change the packet, reads and writes the packet and its context, and uses
// maps. Its result sums up what it saw.
func Packet(seed uint64) []cfg.Insn {
	g := &packetGenerator{generator: generator{rng: rand.New(rand.NewPCG(seed, 3))}}
	return g.program(seed)
}

// program makes a program that begins with a number.
func (g *packetGenerator) program(seed uint64) []cfg.Insn {
	g.emit(mov64|cfg.SrcX, ctxSaved, 1, 0, 0)
	g.emit(mov64, sum, 0, 0, int32(seed))
	for off := -bufferAt; off < 0; off += 8 {
		g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, cfg.FP, 0, off, int32(g.rng.Uint32()))
	}
	for range 2 + g.rng.IntN(14) {
		g.step()
	}
	g.emit(mov64|cfg.SrcX, 0, sum, 0, 0)
	g.emit(cfg.OpEXIT, 0, 0, 0, 0)
	return g.insns
}

// Input makes the packet and the context of a seed.
func Input(seed uint64) (data, ctx []byte) {
	r := rand.New(rand.NewPCG(seed, 4))
	data = make([]byte, 14+40+r.IntN(200))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	protocols := [][2]byte{{8, 0}, {0x86, 0xdd}, {0x81, 0}, {0x88, 0xa8}, {8, 6}, {0, 40}}
	p := protocols[r.IntN(len(protocols))]
	data[12], data[13] = p[0], p[1]
	if r.IntN(2) == 0 {
		data[16], data[17] = 8, 0
	}
	ctx = make([]byte, 192)
	for _, off := range []int{8, 32, 48, 52, 64, 152} {
		ctx[off] = byte(r.Uint32())
	}
	return data, ctx
}

const (
	ctxSaved = 6
	sum      = 7
	// The buffer of 64 bytes is at the bottom of what is used of the stack, the
	// key at its top.
	bufferAt = 80
	keyAt    = -8
)

type packetGenerator struct {
	generator
	functions
	xdp bool     // the program is of that type
	of  *context // what its type allows; nil is xdp or sched_cls
	// last says that the program calls no others.
	last bool
}

func (g *packetGenerator) step() {
	if g.xdp {
		g.stepXDP()
		return
	}
	if g.of != nil {
		g.stepContext()
		return
	}
	switch n := g.rng.IntN(100); {
	case n < 30:
		g.change(changes)
	case n < 45:
		g.bytes()
	case n < 60:
		g.direct()
	case n < 70:
		g.field()
	default:
		g.useMap()
	}
}

// fold adds R0 to the sum.
func (g *packetGenerator) fold() {
	g.emit(cfg.ClassALU64|cfg.AluMUL, sum, 0, 0, 31)
	g.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, sum, 0, 0, 0)
}

// foldBuffer adds the buffer to the sum.
func (g *packetGenerator) foldBuffer(n int) {
	for off := 0; off < n; off += 8 {
		g.emit(load64, 0, cfg.FP, off-bufferAt, 0)
		g.fold()
	}
}

func (g *packetGenerator) call(helper int32) { g.emit(cfg.OpCALL, 0, 0, 0, helper) }

// pick chooses one of some numbers.
func (g *packetGenerator) pick(list ...int32) int32 { return list[g.rng.IntN(len(list))] }

func (g *packetGenerator) size() int32 { return int32(g.rng.IntN(5)) * g.pick(1, 4, 20, 60) }

// change is a helper that takes the context and numbers, with the numbers to
// choose from; nil stands for a length.
type change struct {
	helper int32
	args   [][]int32
}

var changes = []change{
	{10, [][]int32{nil, {0, 1, 0x1234, -1}, {0, 5, 0xfeed}, {0, 2, 4, 3, 18}}},            // l3_csum_replace
	{11, [][]int32{nil, {0, 1, 0x1234, -1}, {0, 5, 0xfeed}, {0, 2, 4, 0x12, 0x24, 0x64}}}, // l4_csum_replace
	{18, [][]int32{{0x0081, 0xa888, 1}, {0, 5, 0x2fff}}},                                  // skb_vlan_push
	{19, nil}, // skb_vlan_pop
	{31, [][]int32{{0x0008, 0xdd86}, {0, 0, 0, 1}}}, // skb_change_proto
	{32, [][]int32{{0, 1, 2, 3, 4}}},                // skb_change_type
	{38, [][]int32{nil, {0, 0, 0, 1}}},              // skb_change_tail
	{39, [][]int32{nil}},                            // skb_pull_data
	{40, [][]int32{{0, 7}}},                         // csum_update
	{41, nil},                                       // set_hash_invalid
	{43, [][]int32{nil, {0, 0, 0, 1}}},              // skb_change_head
	{48, [][]int32{{0, 77}}},                        // set_hash
	{50, [][]int32{nil, {0, 1, 2}, {0, 0, 1, 2, 4, 6, 8, 16, 32, 34, 64, 128, 256, 512}}}, // skb_adjust_room
	{50, [][]int32{{-4, -8, -20, -40, -60}, {0, 1}, {0, 1, 32, 128, 256, 2}}},             // skb_adjust_room
	{97, nil},                               // skb_ecn_set_ce
	{135, [][]int32{{0, 1, 2, 3, 4}}},       // csum_level
	{192, [][]int32{{0, 99}, {0, 1, 2, 3}}}, // skb_set_tstamp
}

func (g *packetGenerator) change(changes []change) {
	c := changes[g.rng.IntN(len(changes))]
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	for i, choices := range c.args {
		v := g.size()
		if choices != nil {
			v = g.pick(choices...)
		}
		g.emit(mov64, 2+i, 0, 0, v)
	}
	g.call(c.helper)
	g.fold()
}

// buffer points a register to the buffer.
func (g *packetGenerator) buffer(reg int) {
	g.emit(mov64|cfg.SrcX, reg, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, reg, 0, 0, -bufferAt)
}

// bytes copies from or to the packet, or sums up the buffer.
func (g *packetGenerator) bytes() {
	n := g.pick(1, 2, 4, 7, 16, 64)
	if g.rng.IntN(4) == 0 {
		g.buffer(1)
		g.emit(mov64, 2, 0, 0, 4*g.pick(0, 1, 5, 8))
		g.buffer(3)
		g.emit(cfg.ClassALU64|cfg.AluADD, 3, 0, 0, 32)
		g.emit(mov64, 4, 0, 0, 4*g.pick(0, 1, 5, 8))
		g.emit(mov64, 5, 0, 0, g.pick(0, 1, -1, 0xffff))
		g.call(28) // csum_diff
		g.fold()
		return
	}
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64, 2, 0, 0, g.size()+g.pick(0, 0, 3))
	g.buffer(3)
	g.emit(mov64, 4, 0, 0, n)
	switch g.rng.IntN(3) {
	case 0:
		g.emit(mov64, 5, 0, 0, g.pick(0, 1, 2, 3, 4))
		g.call(9) // skb_store_bytes
		g.fold()
	case 1:
		g.emit(mov64, 5, 0, 0, g.pick(0, 1, 2))
		g.call(68) // skb_load_bytes_relative
		g.fold()
		g.foldBuffer(int(n))
	default:
		g.call(26) // skb_load_bytes
		g.fold()
		g.foldBuffer(int(n))
	}
}

// direct reads or writes the packet through a pointer.
func (g *packetGenerator) direct() {
	data, end, write := 76, 80, true
	if g.xdp {
		data, end = 0, 4
	}
	if g.of != nil {
		write = g.of.writesPacket
	}
	size := uint8(g.rng.IntN(4)) << 3
	off := g.rng.IntN(100)
	g.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, 2, ctxSaved, data, 0)
	g.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, 3, ctxSaved, end, 0)
	g.emit(mov64|cfg.SrcX, 4, 2, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, 4, 0, 0, int32(off+sizeOf(size)))
	at := len(g.insns)
	g.emit(cfg.ClassJMP|cfg.JmpJGT|cfg.SrcX, 4, 3, 0, 0)
	if g.rng.IntN(2) == 0 && write {
		g.emit(cfg.ClassSTX|cfg.ModeMEM|size, 2, sum, off, 0)
	} else {
		g.emit(cfg.ClassLDX|cfg.ModeMEM|size, 0, 2, off, 0)
		g.fold()
	}
	g.insns[at].Off = int16(len(g.insns) - at - 1)
}

// field reads or writes a field of the context.
func (g *packetGenerator) field() {
	reads := []int32{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 60, 64, 72, 160, 164, 176}
	writes := []int32{8, 32, 44, 48, 56, 64}
	if g.rng.IntN(2) == 0 {
		g.emit(cfg.ClassSTX|cfg.ModeMEM|cfg.SizeW, ctxSaved, sum, int(g.pick(writes...)), 0)
		return
	}
	g.emit(cfg.ClassLDX|cfg.ModeMEM|cfg.SizeW, 0, ctxSaved, int(g.pick(reads...)), 0)
	g.fold()
}

// useMap works on an element of a map.
func (g *packetGenerator) useMap() {
	specs := PacketMaps()
	index := g.rng.IntN(len(specs))
	g.buffer(2)
	if index >= firstKeyless {
		g.constMap(index)
		switch g.rng.IntN(3) {
		case 0:
			g.emit(mov64, 3, 0, 0, g.pick(0, 0, 1, 2, 3, 4))
			g.call(87) // map_push_elem
			g.fold()
		default:
			g.call(g.pick(88, 89)) // map_pop_elem, map_peek_elem
			g.fold()
			g.foldBuffer(16)
		}
		return
	}
	key := Key(specs[index], g.rng.IntN(Keys))
	for i := 0; i < len(key); i += 4 {
		v := int32(uint32(key[i]) | uint32(key[i+1])<<8 | uint32(key[i+2])<<16 | uint32(key[i+3])<<24)
		g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, cfg.FP, 0, keyAt+i, v)
	}
	g.constMap(index)
	g.emit(mov64|cfg.SrcX, 2, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, 2, 0, 0, keyAt)
	switch g.rng.IntN(4) {
	case 0:
		g.call(3) // map_delete_elem
		g.fold()
	case 1:
		g.buffer(3)
		g.emit(mov64, 4, 0, 0, g.pick(0, 0, 0, 1, 2, 3, 8))
		g.call(2) // map_update_elem
		g.fold()
	default:
		g.call(1) // map_lookup_elem
		g.element()
	}
}

// element changes and sums up the value that R0 points to, if there is one.
func (g *packetGenerator) element() {
	at := len(g.insns)
	g.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 0, 0)
	if g.rng.IntN(2) == 0 {
		g.emit(cfg.ClassSTX|cfg.ModeATOMIC|cfg.SizeDW, 0, sum, 8, cfg.AtomicADD)
	}
	g.emit(load64, 1, 0, 0, 0)
	g.emit(load64, 0, 0, 8, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD|cfg.SrcX, 0, 1, 0, 0)
	g.fold()
	g.insns[at].Off = int16(len(g.insns) - at - 1)
}

// constMap loads a map into R1.
func (g *packetGenerator) constMap(index int) {
	g.emit(cfg.OpLDIMM64, 1, cfg.ConstMap, 0, int32(index))
	g.insns = append(g.insns, cfg.Insn{})
}
