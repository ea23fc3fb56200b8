package hook

import (
	"cmp"
	"encoding/binary"

	"github.com/bpflint/bpflint/exec/mem"
)

// record is a context that is a struct with pointers in some of its fields:
// into the data, to a socket, to an object.
type record struct {
	layout *layout
	raw    []byte
	data   []byte
	pkt    Packet
	sock   socket
	object [flowKeysLen]byte
}

// layout describes a struct of include/uapi/linux/bpf.h.
type layout struct {
	name     string
	size     int
	given    int // bytes that user space may give, 0 for all
	pointers []pointer
	// writable are the ranges of bytes that programs may write.
	writable [][2]int
	// check refuses an input by its packet, nil for none.
	check func(in *Input) error
	// enter checks the context and fills fields, nil for what the input is.
	enter func(r *record, in *Input) error
	// leave returns what user space sees afterwards; nil is the data and the
	// context.
	leave func(r *record) (data, ctx []byte)
	// length is where the length of the packet is; 0 for nowhere.
	length int
	// load reads fields that are not as they are in the struct, nil for none.
	load func(r *record, off uint32, size int) (v uint64, ok bool)
	// buffer says that the data is plain memory instead of a packet.
	buffer bool
}

// pointer is a field that holds an address, which programs load with width
// bytes.
type pointer struct {
	off, width int
	to         target
}

type target uint8

const (
	toData target = iota
	toDataEnd
	toSocket
	toObject
	toNull
)

func (r *record) Enter(view *mem.View, in *Input) (uint64, error) {
	l := r.layout
	if l.check != nil {
		if err := l.check(in); err != nil {
			return 0, err
		}
	}
	ctx, err := structContext(in.Ctx, l.name, cmp.Or(l.given, l.size))
	if err != nil {
		return 0, err
	}
	if len(r.raw) != l.size {
		r.raw = make([]byte, l.size)
	}
	clear(r.raw[copy(r.raw, ctx):])
	if l.buffer {
		r.data = append(r.data[:0], in.Data...)
		view.SetPrivate(packetRegion, mem.Region{R: r.data, W: r.data}, mem.Info{Name: "the data"})
	} else {
		r.pkt.set(view, in.Data, 0, 0)
	}
	if l.enter != nil {
		if err := l.enter(r, in); err != nil {
			return 0, err
		}
	}
	view.SetPrivate(objectRegion, mem.Region{R: r.object[:], W: r.object[:]}, mem.Info{Name: "the flow's keys"})
	r.sock.show(view)
	view.SetPrivate(contextRegion, mem.Region{}, mem.Info{Name: "the context", Device: r})
	return mem.Addr(contextRegion), nil
}

// Load reads a field; pointers are wider than their fields may be.
func (r *record) Load(off uint32, size int) (uint64, bool) {
	for _, p := range r.layout.pointers {
		if int(off) == p.off && size == p.width {
			return r.address(p.to), true
		}
	}
	if int(off)+size > len(r.raw) {
		return 0, false
	}
	if l := r.layout.length; l > 0 {
		r.SetField(l, uint32(r.pkt.Whole()))
	}
	if load := r.layout.load; load != nil {
		if v, ok := load(r, off, size); ok {
			return v, true
		}
	}
	return mem.Get(r.raw[off:][:size]), true
}

func (r *record) address(to target) uint64 {
	switch to {
	case toData:
		return mem.Addr(packetRegion)
	case toDataEnd:
		if r.layout.buffer {
			return mem.Addr(packetRegion) + uint64(len(r.data))
		}
		return r.pkt.endAddr()
	case toSocket:
		return r.sock.addr()
	case toObject:
		return mem.Addr(objectRegion)
	}
	return 0
}

func (r *record) Store(off uint32, size int, v uint64) bool {
	for _, w := range r.layout.writable {
		if int(off) >= w[0] && int(off)+size <= w[1] {
			mem.Put(r.raw[off:][:size], v)
			return true
		}
	}
	return false
}

func (r *record) Leave() (data, ctx []byte) {
	if r.layout.leave != nil {
		return r.layout.leave(r)
	}
	if r.layout.buffer {
		return r.data, r.raw
	}
	r.pkt.ShowAll()
	return r.pkt.Bytes(), r.raw
}

func (r *record) Packet() *Packet {
	if r.layout.buffer {
		return nil
	}
	return &r.pkt
}

// Fields are those of a context that is a struct, for helpers.
type Fields interface {
	Field(off int) uint32
	SetField(off int, v uint32)
	// Bytes is the data that comes with it.
	Bytes() []byte
}

// Field returns 4 bytes of the context.
func (r *record) Field(off int) uint32 { return binary.LittleEndian.Uint32(r.raw[off:]) }

// SetField sets 4 bytes of the context.
func (r *record) SetField(off int, v uint32) { binary.LittleEndian.PutUint32(r.raw[off:], v) }

// Bytes returns the data.
func (r *record) Bytes() []byte {
	if r.layout.buffer {
		return r.data
	}
	return r.pkt.Bytes()
}

// Offsets in struct bpf_flow_keys.
const (
	flowNetwork   = 0
	flowTransport = 2
	flowProto     = 10
	flowFlags     = 48
	flowKeysLen   = 56
)

var errFlowKeys = invalid("invalid context: only the flags of struct bpf_flow_keys may be given")

// flowLayout is the part of struct __sk_buff that flow dissectors see. The
// context of user space are the keys, which are also what the program leaves.
var flowLayout = layout{
	name: "bpf_flow_keys", size: skbSize, given: flowKeysLen, check: checkPage,
	pointers: []pointer{{skbData, 4, toData}, {skbDataEnd, 4, toDataEnd}, {skbFlowKeys, 8, toObject}},
	enter: func(r *record, in *Input) error {
		ctx := [flowKeysLen]byte(r.raw)
		clear(r.raw)
		clear(r.object[:])
		r.pkt.Bare = true
		put := func(off int, v uint16) { binary.LittleEndian.PutUint16(r.object[off:], v) }
		put(flowNetwork, etherLen)
		put(flowTransport, etherLen)
		copy(r.object[flowProto:], in.Data[12:14])
		copy(r.object[flowFlags:], ctx[flowFlags:][:4])
		clear(ctx[flowFlags:][:4])
		if ctx != [flowKeysLen]byte{} {
			return errFlowKeys
		}
		return nil
	},
	leave: func(r *record) (data, ctx []byte) {
		end := uint16(min(r.pkt.Len(), 0xffff))
		clamp := func(off int, low uint16) uint16 {
			v := min(max(binary.LittleEndian.Uint16(r.object[off:]), low), end)
			binary.LittleEndian.PutUint16(r.object[off:], v)
			return v
		}
		clamp(flowTransport, clamp(flowNetwork, etherLen))
		return r.object[:], nil
	},
}

// The contexts that BPF_PROG_TEST_RUN cannot make.
var (
	sockoptLayout = layout{
		name: "bpf_sockopt", size: 40, buffer: true,
		pointers: []pointer{{0, 8, toSocket}, {8, 8, toData}, {16, 8, toDataEnd}},
		writable: [][2]int{{24, 40}},
	}
	sockAddrLayout = layout{
		name: "bpf_sock_addr", size: 72, buffer: true,
		pointers: []pointer{{64, 8, toSocket}},
		writable: [][2]int{{4, 28}, {40, 60}},
	}
	sockOpsLayout = layout{
		name: "bpf_sock_ops", size: 224, buffer: true,
		pointers: []pointer{{184, 8, toSocket}, {192, 8, toData}, {200, 8, toDataEnd}},
		writable: [][2]int{{4, 20}, {sockOpsTxHash, sockOpsTxHash + 4}},
	}
	skMsgLayout = layout{
		name: "sk_msg_md", size: 80,
		pointers: []pointer{{0, 8, toData}, {8, 8, toDataEnd}, {72, 8, toSocket}},
		length:   68,
	}
	reuseportLayout = layout{
		name: "sk_reuseport_md", size: 56,
		pointers: []pointer{{0, 8, toData}, {8, 8, toDataEnd}, {40, 8, toSocket}, {48, 8, toNull}},
		length:   16,
	}
	sysctlLayout = layout{name: "bpf_sysctl", size: 8, buffer: true, writable: [][2]int{{4, 8}}}
	deviceLayout = layout{name: "bpf_cgroup_dev_ctx", size: 12, buffer: true}
	sockLayout   = layout{name: "bpf_sock", size: sockLen, buffer: true, writable: [][2]int{{0, 4}, {16, 24}}}
)

const sockOpsTxHash = 164
