package generate

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/bpflint/bpflint/cfg"
)

// context says what programs of a type may do with their context, so that
// nearly all are accepted.
type context struct {
	name   string
	typ    ebpf.ProgramType
	attach ebpf.AttachType
	stream uint64 // of random numbers, one of its own for each type
	// reads and writes are fields of the context, or, where there is a pointer to
	// them at offset keys, of what it points to.
	reads, writes []field
	keys          int
	// direct says that programs have pointers to the packet and its end, and
	// writesPacket that they may write there; bytes are helpers that read it.
	direct, writesPacket bool
	bytes                []int32
	legacy               bool // instructions that load from the packet are allowed
	changes              []change
	most                 int32 // greatest value that may be returned, -1 for all
	keepsContext         bool
	input                func(seed uint64) (data, ctx []byte)
}

// field is a run of fields: each of size bytes, from first to last.
type field struct{ size, first, last int }

const (
	helperLoadBytes    = 26
	helperLoadRelative = 68
)

// Fields of struct __sk_buff that every program of a kind has.
var (
	skbWords  = []field{{4, 0, 44}, {4, 48, 64}, {2, 0, 46}, {1, 0, 47}, {4, 160, 164}, {4, 176, 176}}
	skbFilter = []field{{4, 0, 44}, {4, 48, 64}, {2, 0, 66}, {1, 0, 67}, {4, 164, 164}, {4, 176, 176}}
	skbCB     = field{4, 48, 64}
	skbMark   = field{4, 8, 8}
	skbPrio   = field{4, 32, 32}
	skbStamp  = field{8, 152, 152}
)

var contexts = []context{
	{name: "tc_calls", typ: ebpf.SchedCLS, stream: 8, reads: append(skbWords, field{4, 72, 72}, skbStamp),
		writes: []field{skbMark, skbPrio, skbCB, skbStamp, {4, 44, 44}, {4, 72, 72}}, direct: true, writesPacket: true,
		bytes: []int32{helperLoadBytes, helperLoadRelative}, legacy: true, changes: changes, most: -1, input: Input},
	{name: "sched_act", typ: ebpf.SchedACT, stream: 9, reads: append(skbWords, skbStamp),
		writes: []field{skbMark, skbPrio, skbCB}, direct: true, writesPacket: true,
		bytes: []int32{helperLoadBytes}, legacy: true, changes: changes, most: -1, input: Input},
	{name: "socket_filter", typ: ebpf.SocketFilter, stream: 10, reads: skbFilter, writes: []field{skbCB},
		bytes: []int32{helperLoadBytes, helperLoadRelative}, legacy: true, most: -1, input: Input},
	{name: "cgroup_skb", typ: ebpf.CGroupSKB, attach: ebpf.AttachCGroupInetIngress, stream: 11,
		reads: append(skbFilter, skbStamp, field{4, 88, 92}, field{4, 96, 136}), writes: []field{skbMark, skbPrio, skbCB, skbStamp},
		direct: true, bytes: []int32{helperLoadBytes, helperLoadRelative}, most: 1, input: Input},
	{name: "cgroup_skb_egress", typ: ebpf.CGroupSKB, attach: ebpf.AttachCGroupInetEgress, stream: 12,
		reads: skbFilter, writes: []field{skbMark, skbPrio, skbCB}, direct: true,
		bytes: []int32{helperLoadBytes}, most: 3, input: Input},
	{name: "lwt_in", typ: ebpf.LWTIn, stream: 13, reads: skbFilter, writes: []field{skbMark, skbPrio, skbCB},
		direct: true, bytes: []int32{helperLoadBytes}, most: -1, input: Input},
	{name: "lwt_out", typ: ebpf.LWTOut, stream: 14, reads: skbFilter, writes: []field{skbMark, skbPrio, skbCB},
		direct: true, bytes: []int32{helperLoadBytes}, most: -1, input: Input},
	{name: "lwt_xmit", typ: ebpf.LWTXmit, stream: 15, reads: skbFilter, writes: []field{skbMark, skbPrio, skbCB},
		direct: true, writesPacket: true, bytes: []int32{helperLoadBytes}, changes: xmitChanges, most: -1, input: Input},
	{name: "flow_dissector", typ: ebpf.FlowDissector, stream: 16, keys: 144, keepsContext: true,
		reads:  []field{{2, 0, 54}, {1, 0, 55}, {4, 12, 52}},
		writes: []field{{2, 0, 4}, {1, 6, 9}, {2, 8, 14}, {4, 16, 52}}, direct: true,
		bytes: []int32{helperLoadBytes}, most: -1, input: inputFlow},
	{name: "sk_lookup", typ: ebpf.SkLookup, attach: ebpf.AttachSkLookup, stream: 17,
		reads: []field{{4, 8, 64}, {2, 36, 36}, {2, 8, 14}, {1, 8, 35}, {1, 60, 63}}, most: 1, input: inputLookup},
	{name: "raw_tracepoint", typ: ebpf.RawTracepoint, stream: 18, reads: []field{{8, 0, 88}}, most: -1,
		keepsContext: true, input: inputArguments},
}

// xmitChanges are those of changes that lwt_xmit programs may call.
var xmitChanges = []change{
	{10, [][]int32{nil, {0, 1, 0x1234, -1}, {0, 5, 0xfeed}, {0, 2, 4}}},    // l3_csum_replace
	{11, [][]int32{nil, {0, 1, 0x1234, -1}, {0, 5, 0xfeed}, {0, 2, 0x12}}}, // l4_csum_replace
	{38, [][]int32{nil, {0, 0, 0, 1}}},                                     // skb_change_tail
	{39, [][]int32{nil}},                                                   // skb_pull_data
	{40, [][]int32{{0, 7}}},                                                // csum_update
	{41, nil},                                                              // set_hash_invalid
	{43, [][]int32{nil, {0, 0, 0, 1}}},                                     // skb_change_head
}

func (c *context) kind() Kind {
	program := func(seed uint64, last bool) *Made {
		g := &packetGenerator{generator: generator{rng: rand.New(rand.NewPCG(seed, c.stream))}, of: c, last: last}
		return g.programContext(seed)
	}
	// A packet that grows in each of 33 programs takes a kernel more memory than
	// it may have: each time its buffer is twice as large.
	last := c.changes != nil
	return Kind{
		Name: c.name, Type: c.typ, Attach: c.attach, Maps: contextMaps, Input: c.input, KeepsContext: c.keepsContext,
		Make:  func(seed uint64) *Made { return program(seed, false) },
		Tails: func(seed uint64) []*Made { return []*Made{program(seed^1<<32, last)} },
	}
}

// contextMaps are PacketMaps and a program array behind them.
func contextMaps() []*ebpf.MapSpec {
	return append(PacketMaps(), &ebpf.MapSpec{Name: "progs", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 2})
}

func (g *packetGenerator) programContext(seed uint64) *Made {
	g.emit(mov64|cfg.SrcX, ctxSaved, 1, 0, 0)
	g.emit(mov64, sum, 0, 0, int32(seed))
	g.body(2 + g.rng.IntN(14))
	g.keep()
	g.emit(mov64|cfg.SrcX, 0, sum, 0, 0)
	if g.of.most >= 0 {
		g.emit(cfg.ClassALU64|cfg.AluAND, 0, 0, 0, g.of.most)
	}
	g.emit(cfg.OpEXIT, 0, 0, 0, 0)
	return g.link(&g.insns)
}

// body fills the buffer and makes steps.
func (g *packetGenerator) body(steps int) {
	for off := -bufferAt; off < 0; off += 8 {
		g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeDW, cfg.FP, 0, off, int32(g.rng.Uint32()))
	}
	for range steps {
		g.step()
	}
}

// keep puts the sum where the result has no room for it, into an array.
func (g *packetGenerator) keep() {
	const array = 1
	g.emit(cfg.ClassST|cfg.ModeMEM|cfg.SizeW, cfg.FP, 0, keyAt, 0)
	g.constMap(array)
	g.emit(mov64|cfg.SrcX, 2, cfg.FP, 0, 0)
	g.emit(cfg.ClassALU64|cfg.AluADD, 2, 0, 0, keyAt)
	g.call(1) // map_lookup_elem
	g.emit(cfg.ClassJMP|cfg.JmpJEQ, 0, 0, 1, 0)
	g.emit(stor64, 0, sum, 0, 0)
}

func (g *packetGenerator) stepContext() {
	switch n := g.rng.IntN(100); {
	case n < 15 && g.of.changes != nil:
		g.change(g.of.changes)
	case n < 35:
		g.fieldOf()
	case n < 50 && g.of.direct:
		g.direct()
	case n < 62 && g.of.bytes != nil:
		g.load()
	case n < 70 && g.of.legacy && g.depth == 0:
		g.legacyLoad()
	case n < 76 && g.depth < 2:
		g.callFunction()
	case n < 80 && g.depth < 2 && !g.last:
		g.callTail()
	default:
		g.useMap()
	}
}

// fieldOf reads or writes a field that the type allows.
func (g *packetGenerator) fieldOf() {
	base, write := ctxSaved, g.of.writes != nil && g.rng.IntN(3) == 0
	if g.of.keys > 0 {
		g.emit(load64, 2, ctxSaved, g.of.keys, 0)
		base = 2
	}
	fields := g.of.reads
	if write {
		fields = g.of.writes
	}
	f := fields[g.rng.IntN(len(fields))]
	off := f.first + f.size*g.rng.IntN((f.last-f.first)/f.size+1)
	size := map[int]uint8{1: cfg.SizeB, 2: cfg.SizeH, 4: cfg.SizeW, 8: cfg.SizeDW}[f.size]
	if write {
		g.emit(cfg.ClassSTX|cfg.ModeMEM|size, base, sum, off, 0)
		return
	}
	g.emit(cfg.ClassLDX|cfg.ModeMEM|size, 0, base, off, 0)
	g.fold()
}

// load copies from the packet with a helper.
func (g *packetGenerator) load() {
	n := g.pick(1, 2, 4, 7, 16, 64)
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64, 2, 0, 0, g.size()+g.pick(0, 0, 3))
	g.buffer(3)
	g.emit(mov64, 4, 0, 0, n)
	helper := g.of.bytes[g.rng.IntN(len(g.of.bytes))]
	if helper == helperLoadRelative {
		g.emit(mov64, 5, 0, 0, g.pick(0, 1, 2))
	}
	g.call(helper)
	g.fold()
	g.foldBuffer(int(n))
}

// legacyLoad reads from the packet as classic BPF does; it ends the program
// where there is no packet.
func (g *packetGenerator) legacyLoad() {
	size := []uint8{cfg.SizeB, cfg.SizeH, cfg.SizeW}[g.rng.IntN(3)]
	off := g.pick(0, 1, 12, 14, 23, 40, 60, 200, -0x100000, -0x100000+8, -0x200000, -0x200000+12)
	if g.rng.IntN(2) == 0 {
		g.emit(cfg.ClassLD|cfg.ModeABS|size, 0, 0, 0, off)
	} else {
		g.emit(mov64, 1, 0, 0, g.pick(0, 1, -1, 16))
		g.emit(cfg.ClassLD|cfg.ModeIND|size, 0, 1, 0, off)
	}
	g.fold()
}

// callFunction lets another function work with the same context.
func (g *packetGenerator) callFunction() {
	steps := 1 + g.rng.IntN(6)
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64|cfg.SrcX, 2, sum, 0, 0)
	g.refer(len(g.insns), func() {
		g.emit(mov64|cfg.SrcX, ctxSaved, 1, 0, 0)
		g.emit(mov64|cfg.SrcX, sum, 2, 0, 0)
		g.body(steps)
		g.emit(mov64|cfg.SrcX, 0, sum, 0, 0)
		g.emit(cfg.OpEXIT, 0, 0, 0, 0)
	})
	g.emit(cfg.OpCALL, 0, cfg.CallLocal, 0, 0)
	g.fold()
}

// callTail leaves for another program, if there is one in the slot.
func (g *packetGenerator) callTail() {
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.constMap(len(PacketMaps()))
	g.emit(mov64|cfg.SrcX, 2, 1, 0, 0)
	g.emit(mov64|cfg.SrcX, 1, ctxSaved, 0, 0)
	g.emit(mov64, 3, 0, 0, g.pick(0, 0, 1, 2))
	g.call(12) // tail_call
}

// inputFlow makes the packet of a seed and flags for its dissector.
func inputFlow(seed uint64) (data, ctx []byte) {
	data, _ = Input(seed)
	return data, nil
}

// inputLookup makes the context of a seed, struct bpf_sk_lookup.
func inputLookup(seed uint64) (data, ctx []byte) {
	r := rand.New(rand.NewPCG(seed, 4))
	ctx = make([]byte, 72)
	for i := 16; i < 60; i++ {
		ctx[i] = byte(r.Uint32())
	}
	ctx[38], ctx[39] = 0, 0
	ctx[8], ctx[12] = []byte{2, 10}[r.IntN(2)], []byte{6, 17}[r.IntN(2)]
	binary.LittleEndian.PutUint16(ctx[60:], uint16(r.Uint32()))
	return nil, ctx
}

// inputArguments makes the arguments of a raw tracepoint.
func inputArguments(seed uint64) (data, ctx []byte) {
	r := rand.New(rand.NewPCG(seed, 4))
	for range 12 {
		ctx = binary.LittleEndian.AppendUint64(ctx, r.Uint64()>>r.IntN(64))
	}
	return nil, ctx
}
