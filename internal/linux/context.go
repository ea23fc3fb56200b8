package linux

import "sync"

// Field is a run of equal accesses to the context: every offset from First to
// Last in steps of Step.
type Field struct {
	Size              uint8 // of the access, in bytes
	Use               ContextUse
	Type              ContextType // of what is loaded
	First, Last, Step uint16
}

// ContextUse says how a field may be used.
type ContextUse uint8

// Uses of fields. Registers and immediates may be stored alike.
const (
	ContextRead ContextUse = 1 << iota
	ContextWrite
	ContextRefused // passes exploration but cannot be rewritten: EINVAL, "bpf verifier is misconfigured"
)

// ContextType is the type of a field of the context.
type ContextType uint8

// Types of fields.
const (
	CtxNone             ContextType = iota
	CtxScalar                       // an unknown number of the access's size
	CtxPacket                       // start of the packet
	CtxPacketMeta                   // start of the metadata before the packet
	CtxPacketEnd                    // end of the packet
	CtxSock                         // sock
	CtxSockOrNull                   // sock_or_null
	CtxSockCommonOrNull             // sock_common_or_null
	CtxXDPSock                      // xdp_sock
	CtxFlowKeys                     // flow_keys
	CtxTPBuffer                     // buffer of a writable raw tracepoint
	CtxSkBuff                       // trusted_ptr_sk_buff
	CtxHookState                    // trusted_ptr_nf_hook_state
	numContextTypes
)

var contextTypeNames = [numContextTypes]string{
	"none", "scalar", "pkt", "pkt_meta", "pkt_end", "sock", "sock_or_null", "sock_common_or_null", "xdp_sock", "flow_keys",
	"tp_buffer", "trusted_ptr_sk_buff", "trusted_ptr_nf_hook_state",
}

// String spells the type as the verifier's log of Linux 6.18 does.
func (t ContextType) String() string { return contextTypeNames[t] }

// Context is the layout of one kind of context.
type Context struct {
	Fields []Field
	End    uint32 // first offset that is never accessible

	// at holds use<<4|type for every offset, by the logarithm of the size.
	at [4][]uint8
}

// Access tells how size bytes at off may be used, and what a load gives; both
// are zero when the kernel says "invalid bpf_context access".
func (c *Context) Access(off int64, size uint8) (ContextUse, ContextType) {
	log := sizeLog[size&15]
	if log > 3 || off < 0 || off >= int64(len(c.at[log])) {
		return 0, CtxNone
	}
	v := c.at[log][off]
	return ContextUse(v >> 4), ContextType(v & 15)
}

// sizeLog maps 1, 2, 4 and 8 to 0 to 3.
var sizeLog = [16]uint8{9, 0, 1, 9, 2, 9, 9, 9, 3, 9, 9, 9, 9, 9, 9, 9}

var contextViews [len(contexts)]struct {
	once sync.Once
	c    Context
}

// contextOf unpacks a layout once.
func contextOf(i int) *Context {
	v := &contextViews[i]
	v.once.Do(func() { v.c.unpack(contexts[i]) })
	return &v.c
}

func (c *Context) unpack(fields []Field) {
	c.Fields = fields
	for _, f := range fields {
		c.End = max(c.End, uint32(f.Last)+uint32(f.Size))
	}
	for log := range c.at {
		c.at[log] = make([]uint8, c.End)
	}
	for _, f := range fields {
		for off := int(f.First); off <= int(f.Last); off += int(f.Step) {
			c.at[sizeLog[f.Size]][off] = uint8(f.Use)<<4 | uint8(f.Type)
		}
	}
}
