package linux

import "slices"

// Features of the checks before exploration and of the sums over call chains.
// As with all features, the version is that of the first release that behaves
// so as it is shipped today: stable releases take over fixes of later ones.
// Behaviour is known of the kernels of Targets only; a version between two of
// them is what Linux's history says, or else the later one.
const (
	FuncConstants       = firstCheck + Feature(iota) // a 64-bit constant can be the address of a function
	KfuncCalls                                       // calls of kernel functions
	MapArrays                                        // maps are named by their place in an array of descriptors
	WideCheckedInFlow                                // jumps into 16-byte instructions are found while the flow is checked
	LoopsOfAnyEdge                                   // privileged programs: every kind of edge may go back
	RecursionInFlow                                  // recursive calls are followed, and found by their depth
	ConstantBranches                                 // branches that constants decide become jumps before exploration
	RecursionBySort                                  // ... and found by sorting functions, before exploration
	EarlyFields                                      // reserved fields and registers are checked before exploration
	MayGotoToNext                                    // may_goto may lead to the next instruction
	MapLimitSaid                                     // the log says which limit of maps was reached
	NoVarOffset                                      // offsets into map values have no limit of their own
	LongJump                                         // goto with a 32-bit distance
	SmallAtomics                                     // opcodes of 1 and 2 byte atomics are known
	JITStackUnits                                    // compiled frames are rounded to 16 bytes instead of 32
	PrivateStack                                     // frames of some program types lie outside the kernel's stack
	CallbackPacketLoads                              // packet loads below callbacks are refused after exploration
	AsyncFirst                                       // callbacks that run later are summed up before the program
	FramesFromGlobal                                 // frames are counted from the last global function, up to 16
	checkEnd                                         // keep last
)

var checkFeatures = [checkEnd - firstCheck]FeatureInfo{
	{FuncConstants, "function constants", Version{5, 13}},
	{KfuncCalls, "calls of kernel functions", Version{5, 13}},
	{MapArrays, "arrays of map descriptors", Version{5, 14}},
	{WideCheckedInFlow, "flow around 16-byte instructions", Version{6, 1}},
	{LoopsOfAnyEdge, "back edges of any kind", Version{6, 7}},
	{RecursionInFlow, "recursive calls in the flow", Version{6, 7}},
	{ConstantBranches, "branches decided by constants", Version{7, 2}},
	{RecursionBySort, "recursion found by sorting", Version{7, 2}},
	{EarlyFields, "fields checked before exploration", Version{7, 2}},
	{MayGotoToNext, "may_goto to the next instruction", Version{6, 14}},
	{MapLimitSaid, "limit of maps in the log", Version{6, 10}},
	{NoVarOffset, "offsets into map values without limit", Version{7, 2}},
	{LongJump, "32-bit jumps", Version{6, 1}},
	{SmallAtomics, "1 and 2 byte atomics", Version{6, 15}},
	{JITStackUnits, "frames in units of 16 bytes", Version{6, 8}},
	{PrivateStack, "private stacks", Version{6, 13}},
	{CallbackPacketLoads, "packet loads below callbacks", Version{6, 12}},
	{AsyncFirst, "asynchronous callbacks summed up first", Version{6, 12}},
	{FramesFromGlobal, "call chains between global functions", Version{7, 2}},
}

// Limits are numbers that bpf(2) and the verifier do not let a program exceed.
type Limits struct {
	Insns             int // slots of a program with CAP_BPF
	InsnsUnprivileged int // ... and without
	Funcs             int // functions of a program
	Maps              int // maps used by a program
	Kfuncs            int // kernel functions called by a program
	Frames            int // functions that are active at once
	Stack             int // bytes of all frames of a call chain
	StackBelowTail    int // bytes of the frames above a function that makes a tail call: fewer than this
	PrivateStack      int // bytes from which on a frame gets a private stack
	VarOffset         int // first offset into a map's value that is refused

	LoadFlags uint32 // flags of BPF_PROG_LOAD that are known
}

// loadFlags are the flags of BPF_PROG_LOAD and when they came.
var loadFlags = []struct {
	flags uint32
	since Version
}{
	{0x1f, Version{5, 10}},   // alignment, tests, sleepable programs
	{0x20, Version{5, 18}},   // packets of several fragments
	{0x40, Version{6, 3}},    // programs bound to a device
	{0x80, Version{6, 8}},    // test of register invariants
	{1 << 16, Version{6, 9}}, // tokens
}

// LimitsOf returns the limits of a kernel.
func LimitsOf(v Version) Limits {
	l := Limits{
		Insns: 1_000_000, InsnsUnprivileged: 4096, Funcs: 256, Maps: 64, Kfuncs: 256,
		Frames: 8, Stack: 512, StackBelowTail: 256, PrivateStack: 64, VarOffset: 1 << 29,
	}
	if v.Has(FramesFromGlobal) {
		l.Frames = 16
	}
	for _, row := range loadFlags {
		if v.AtLeast(row.since) {
			l.LoadFlags |= row.flags
		}
	}
	return l
}

// gplCompatible are the licences that count as compatible with the GPL.
var gplCompatible = []string{
	"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
}

// GPLCompatible reports whether a program of this licence may call what is
// reserved to the GPL.
func GPLCompatible(license string) bool { return slices.Contains(gplCompatible, license) }

// progTypes is a set of program types; bit i stands for type i.
type progTypes uint64

func setOf(types ...uint) (s progTypes) {
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

var (
	// unprivilegedTypes need no capability: socket_filter and cgroup_skb.
	unprivilegedTypes = setOf(1, 8)
	// netAdminTypes need CAP_NET_ADMIN: the traffic classifier's, xdp, lwt,
	// sockets and their messages, flow_dissector, cgroup but for packets, ext.
	netAdminTypes = setOf(3, 4, 6, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 22, 23, 25, 28)
	// perfmonTypes need CAP_PERFMON: they see memory of the kernel.
	perfmonTypes = setOf(2, 5, 7, 17, 24, 26, 27, 28, 29)
)

// In Linux 6.4, netfilter came, and lirc_mode2 no longer needed CAP_NET_ADMIN.
const (
	lircType      = 20
	netfilterType = 32
)

// CapsForType returns the capabilities without which a kernel refuses every
// program of a type (BPF_PROG_TYPE_*).
func CapsForType(v Version, typ uint32) Caps {
	if typ == ProgGtrace {
		return CapBPF | CapPerfmon
	}
	if typ >= 64 {
		return CapBPF
	}
	var need Caps
	bit := progTypes(1) << typ
	if bit&unprivilegedTypes == 0 {
		need |= CapBPF
	}
	special := uint32(lircType)
	if v.AtLeast(Version{6, 4}) {
		special = netfilterType
	}
	if bit&netAdminTypes != 0 || typ == special {
		need |= CapNetAdmin
	}
	if bit&perfmonTypes != 0 {
		need |= CapPerfmon
	}
	return need
}
