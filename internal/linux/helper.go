package linux

// Helper is the prototype of a helper function as the verifier checks calls.
type Helper struct {
	ID   uint32
	Name string // bpf_map_lookup_elem
	Ret  Ret
	Args [5]Arg

	GPLOnly       bool
	ChangesPacket bool // packet pointers are void after the call
	MightSleep    bool // only in sleepable programs
	WritesKptr    bool
	AllowFastCall bool // R1 to R5 survive when the compiler relied on it
}

// Arg is what a helper accepts in one argument register.
type Arg struct {
	Kind  ArgKind
	Flags ArgFlags
	Size  uint32 // bytes, for ArgFixedMem
	Type  string // name of the kernel's struct, for ArgBTFID and its kin
}

// ArgKind is the kind of a helper's argument.
type ArgKind uint8

// Kinds of arguments. A memory argument that is followed by ArgConstSize or
// ArgConstSizeOrZero has the size that this argument gives.
const (
	ArgNone     ArgKind = iota // the helper takes no such argument
	ArgAnything                // any initialised value
	ArgCtx
	ArgConstMap  // a map, known at load time
	ArgMapKey    // memory of the map's key size
	ArgMapValue  // memory of the map's value size
	ArgMem       // memory, size in the next argument
	ArgFixedMem  // memory of Size bytes
	ArgConstSize // size of the memory before; not zero
	ArgConstSizeOrZero
	ArgConstAllocSizeOrZero // a constant, the size of what is returned
	ArgSpinLock
	ArgSockCommon
	ArgSocket
	ArgBTFIDSockCommon // any socket, typed or not
	ArgBTFID           // a kernel object of type Type
	ArgPercpuBTFID
	ArgRingbufMem // a reserved record
	ArgFunc       // a callback
	ArgStack
	ArgConstStr // a constant string in a read-only map
	ArgTimer
	ArgKptr
	ArgDynptr
	ArgIntPtr  // to 4 writable bytes, aligned (before 6.10)
	ArgLongPtr // to 8 writable bytes, aligned (before 6.10)
)

// ArgFlags qualify an ArgKind.
type ArgFlags uint16

// Qualifiers of arguments.
const (
	ArgMaybeNull ArgFlags = 1 << iota
	ArgReadOnly           // the helper reads the memory
	ArgUninit             // the helper writes all of it; need not be initialised
	ArgWrite              // the helper writes it
	ArgAligned
	ArgRelease // ownership passes to the helper
	ArgDynptrLocal
	ArgDynptrRingbuf
	ArgDynptrSkb
	ArgDynptrXdp
	ArgRCU
	ArgTrusted
)

// Ret is what a helper returns.
type Ret struct {
	Kind  RetKind
	Flags RetFlags
	Type  string // name of the kernel's struct
}

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
	RetDynptrMem
)

// RetFlags qualify a RetKind.
type RetFlags uint8

// Qualifiers of results.
const (
	RetMaybeNull RetFlags = 1 << iota
	RetAcquire            // must be released
	RetRingbufMem
	RetReadOnly
	RetTrusted
	RetRCU
)
