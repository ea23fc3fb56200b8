package linux

// Helper is the prototype of a helper function as the verifier of the kernels
// in Kernels checks calls. Most helpers have one row. A prototype that changed
// over time has several, and so has a helper whose prototype depends on the
// program that calls it: Variant tells those apart.
//
// Rows are read from the memory of real kernels ("probe protos").
type Helper struct {
	ID      uint32
	Name    string // "bpf_map_lookup_elem"
	Kernels Kernels
	Variant Variant
	Ret     Ret
	Args    [5]Arg
	Traits  HelperTraits
}

// Has reports whether the helper has all of the traits.
func (h *Helper) Has(t HelperTraits) bool { return h.Traits&t == t }

// HelperTraits are properties of a helper as a whole.
type HelperTraits uint16

// Traits of helpers.
const (
	GPLOnly       HelperTraits = 1 << iota // for programs with a compatible licence
	PacketAccess                           // its memory arguments may point into the packet
	MightSleep                             // not inside RCU, lock or preemption-disabled sections, nor in programs that cannot sleep
	FastCall                               // R1 to R5 survive when the compiler relied on it
	ChangesPacket                          // packet pointers are void after the call
	CastsPointer                           // the result is the argument under another type; it keeps its reference
	SyncCallback                           // calls its ArgFunc before it returns
	AsyncCallback                          // calls its ArgFunc some time later
	Allowlisted                            // only some of the functions that one can attach to may call it
)

// Variant names a prototype that differs from the common one of its helper.
type Variant uint8

// Variants of prototypes. See Hook.Variant.
const (
	Common     Variant = iota
	Current            // no context argument: works on the current task
	RawTP              // bpf_get_stack from a raw tracepoint, whose buffer had to be initialised
	PerfEvent          // bpf_get_stackid without the GPL
	SockAddr           // socket lookups without packet access
	SkLookup           // bpf_sk_assign with a socket or null
	CgroupSock         // bpf_sk_storage_get with the context
	TypedSock          // a typed kernel socket, for tracing and LSM
	SockArg            // bpf_{get,set}sockopt with a socket instead of the context
	XDPBuff            // bpf_xdp_get_buff_len with a kernel's xdp_buff
	MultiLink          // bpf_get_func_ip and its kin through a link to many functions, without the GPL
	RawCPU             // bpf_get_smp_processor_id as a real call
	Sleepable          // may sleep, for sleepable programs
	numVariants
)

// Arg is what a helper accepts in one argument register.
type Arg struct {
	Kind  ArgKind
	Flags ArgFlags
	Size  uint32 // bytes, for ArgFixedMem
	Type  string // name of the kernel's struct, for ArgBTFID; empty for any
}

// Has reports whether all of the flags are set.
func (a *Arg) Has(f ArgFlags) bool { return a.Flags&f == f }

// ArgKind is the kind of a helper's argument.
type ArgKind uint8

// Kinds of arguments. A memory argument that is followed by ArgConstSize or
// ArgConstSizeOrZero has the size that this argument gives.
const (
	ArgNone                 ArgKind = iota // the helper takes no such argument
	ArgAnything                            // any initialised value
	ArgScalar                              // a number (7.2)
	ArgCtx                                 // the program's context, not moved
	ArgConstMap                            // a map, known at load time
	ArgMapKey                              // initialised memory of the map's key size
	ArgMapValue                            // memory of the map's value size
	ArgMem                                 // memory; its size is in the next argument
	ArgFixedMem                            // memory of Size bytes
	ArgArena                               // a pointer into the arena
	ArgConstSize                           // size of the memory before; not zero
	ArgConstSizeOrZero                     // size of the memory before
	ArgConstAllocSizeOrZero                // a constant: the size of the memory that is returned
	ArgSpinLock                            // a bpf_spin_lock in a map value or an own object
	ArgSockCommon
	ArgSocket
	ArgBTFIDSockCommon // any socket, typed or not
	ArgBTFID           // a kernel object of type Type
	ArgPercpuBTFID     // a per-CPU kernel variable
	ArgRingbufMem      // a reserved record, at its start
	ArgFunc            // a callback
	ArgStack           // the stack
	ArgConstStr        // a constant string in a read-only map
	ArgTimer           // a bpf_timer in a map value
	ArgKptr            // a kptr field of a map value (6.1) or of an own object too (6.12)
	ArgDynptr
	ArgIntPtr  // to 4 writable bytes, aligned (5.10)
	ArgLongPtr // to 8 writable bytes, aligned (5.10)
)

// ArgFlags qualify an ArgKind.
type ArgFlags uint16

// Qualifiers of arguments.
const (
	ArgMaybeNull ArgFlags = 1 << iota
	ArgReadOnly           // the helper only reads: read-only memory will do
	ArgUninit             // the helper fills it: it need not be initialised
	ArgWrite              // the helper writes it (since 6.12 on every written argument, before together with ArgUninit)
	ArgAligned            // to Size bytes
	ArgRelease            // ownership passes to the helper
	ArgDynptrLocal
	ArgDynptrRingbuf
)

// Ret is what a helper returns.
type Ret struct {
	Kind  RetKind
	Flags RetFlags
	Type  string // name of the kernel's struct, for RetBTFID; empty when an argument decides
}

// Has reports whether all of the flags are set.
func (r *Ret) Has(f RetFlags) bool { return r.Flags&f == f }

// RetKind is the kind of a helper's result.
type RetKind uint8

// Kinds of results.
const (
	RetInteger RetKind = iota
	RetVoid
	RetMapValue
	RetSocket
	RetTCPSock
	RetSockCommon
	RetMem // size by ArgConstAllocSizeOrZero
	RetMemOrBTFID
	RetBTFID
)

// RetFlags qualify a RetKind.
type RetFlags uint8

// Qualifiers of results.
const (
	RetMaybeNull RetFlags = 1 << iota
	RetAcquire            // holds a reference (bpf_map_lookup_elem does for socket maps only and has no flag)
	RetRingbuf            // a record of a ring buffer
	RetReadOnly
	RetTrusted
)
