package absint

// kind says what a register or a spilled register holds.
type kind uint8

// Kinds of values. Everything but kindNone and kindScalar is a pointer.
const (
	kindNone kind = iota // nothing that may be read
	kindScalar
	kindCtx
	kindConstMap // the map itself, as helpers take it
	kindMapValue
	kindMapKey
	kindStack
	kindPacketMeta
	kindPacket
	kindPacketEnd
	kindFlowKeys
	kindSocket
	kindSockCommon
	kindTCPSock
	kindTPBuffer
	kindXDPSock
	kindBTF // kernel object with a type
	kindMem // memory of known size
	kindArena
	kindBuf // memory whose size is checked when the program is attached
	kindFunc
	kindDynptr
	kindCount
)

// kindNames are the names that the verifier's log gives to values.
var kindNames = [kindCount]string{
	kindNone:       "?",
	kindScalar:     "scalar",
	kindCtx:        "ctx",
	kindConstMap:   "map_ptr",
	kindMapValue:   "map_value",
	kindMapKey:     "map_key",
	kindStack:      "fp",
	kindPacketMeta: "pkt_meta",
	kindPacket:     "pkt",
	kindPacketEnd:  "pkt_end",
	kindFlowKeys:   "flow_keys",
	kindSocket:     "sock",
	kindSockCommon: "sock_common",
	kindTCPSock:    "tcp_sock",
	kindTPBuffer:   "tp_buffer",
	kindXDPSock:    "xdp_sock",
	kindBTF:        "ptr_",
	kindMem:        "mem",
	kindArena:      "arena",
	kindBuf:        "buf",
	kindFunc:       "func",
	kindDynptr:     "dynptr_ptr",
}

// flags qualify a kind.
type flags uint16

// Qualifiers of pointers.
const (
	flagMaybeNull flags = 1 << iota
	flagReadOnly
	flagRingbuf // a reserved record
	flagUser
	flagPercpu
	flagRCU
	flagUntrusted
	flagTrusted
	flagAlloc
	flagNonOwning // an own object that a list or tree holds
	flagSlice     // memory of a packet behind a dynptr
)

// flagPrefixes are the words that the log puts before a kind, in its order.
var flagPrefixes = []struct {
	flag flags
	word string
}{
	{flagReadOnly, "rdonly_"}, {flagRingbuf, "ringbuf_"}, {flagUser, "user_"}, {flagPercpu, "percpu_"},
	{flagRCU, "rcu_"}, {flagUntrusted, "untrusted_"}, {flagTrusted, "trusted_"},
}

// typeName spells kind and flags as the verifier's log does.
func typeName(k kind, f flags) string {
	prefix := ""
	for _, row := range flagPrefixes {
		if f&row.flag != 0 {
			prefix += row.word
		}
	}
	suffix := ""
	if f&flagMaybeNull != 0 {
		suffix = "_or_null"
		if k == kindBTF {
			suffix = "or_null_"
		}
	}
	return prefix + kindNames[k] + suffix
}

// isPacket reports whether k points into a packet, its end excluded.
func (k kind) isPacket() bool { return k == kindPacket || k == kindPacketMeta }

// isAnyPacket is isPacket with the end of the packet.
func (k kind) isAnyPacket() bool { return k.isPacket() || k == kindPacketEnd }

// isSocket reports whether k is one of the socket types.
func (k kind) isSocket() bool {
	return k == kindSocket || k == kindSockCommon || k == kindTCPSock || k == kindXDPSock
}

// spillable tells which kinds keep their type when they are stored to the stack.
func (k kind) spillable() bool { return k > kindScalar && k != kindTPBuffer && k != kindDynptr }
