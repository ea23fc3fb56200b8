package linux

import "slices"

// Features of program arrays and of hooks.
const (
	ArrayFrags       = firstHook + Feature(iota) // members agree on multi-buffer XDP
	ArrayProtos                                  // members that attach to functions agree on their prototype
	ArrayAttach                                  // members agree on the expected attach type
	ArrayStorage                                 // members agree on their cgroup storage, or have none
	ArrayCallers                                 // ... or have none and make no tail calls
	ArraySleepable                               // members agree on sleeping
	SleepGrowingMaps                             // programs that sleep or handle perf events may use hashes without preallocation
	SleepNoLocks                                 // programs that sleep may not use maps with spin locks
	SleepLocks                                   // ... they may again
	RegsShort                                    // struct pt_regs of arm64 lost 16 bytes
	hookEnd                                      // keep last
)

// Stable releases took the checks of prototypes, attach types and storages over,
// so that 6.1 and 6.12 have them.
var hookFeatures = [hookEnd - firstHook]FeatureInfo{
	{ArrayFrags, "multi-buffer XDP in program arrays", Version{5, 18}},
	{ArrayProtos, "prototypes in program arrays", Version{6, 1}},
	{ArrayAttach, "attach types in program arrays", Version{6, 1}},
	{ArrayStorage, "cgroup storage in program arrays", Version{6, 1}},
	{ArrayCallers, "tail calls without storage in program arrays", Version{6, 12}},
	{ArraySleepable, "sleepable programs in program arrays", Version{7, 2}},
	{SleepGrowingMaps, "growing hashes in programs that must not allocate", Version{6, 1}},
	{SleepNoLocks, "no spin locks in sleepable programs", Version{5, 13}},
	{SleepLocks, "spin locks in sleepable programs", Version{6, 6}},
	{RegsShort, "short registers of arm64", Version{6, 13}},
}

// ArrayProgram is what a kernel compares when programs meet in a program array:
// those that are put in, and those that call through it. The first one to come
// near the array owns it; the others get EINVAL, on BPF_MAP_UPDATE_ELEM or when
// they are loaded, unless they are alike.
type ArrayProgram struct {
	Type   uint32 // BPF_PROG_TYPE_*
	Attach uint32 // the expected attach type
	Flags  uint32 // BPF_F_*
	// Proto tells apart what tracing programs attach to.
	Proto string
	// Storage are the cgroup storages that it uses, shared and per CPU; empty for
	// none.
	Storage [2]string
	// Calls says that it makes tail calls.
	Calls bool
	// Overrides says that it calls bpf_override_return.
	Overrides bool
	// Interpreted says that it was not compiled.
	Interpreted bool
}

// BPF_F_SLEEPABLE and BPF_F_XDP_HAS_FRAGS.
const (
	flagSleepable = 1 << 4
	flagFrags     = 1 << 5
)

// protoTypes attach to functions: TRACING, STRUCT_OPS, EXT and LSM.
var protoTypes = []uint32{26, 27, 28, 29}

// ArrayAlone says why a program may not come to any array, "" when it may.
func (r Release) ArrayAlone(p ArrayProgram) string {
	if p.Overrides {
		return "it overrides the results of functions"
	}
	return ""
}

// CallerConflict is ArrayConflict for a program that calls through the array.
// With gtrace, programs of several types may call through the same array.
func (r Release) CallerConflict(owner, p ArrayProgram, ext Extensions) string {
	casts := CanCast(p.Type, ProgGtrace) && (owner.Type == ProgGtrace || CanCast(owner.Type, ProgGtrace))
	if ext&ExtGtrace != 0 && casts {
		return ""
	}
	return r.ArrayConflict(owner, p)
}

// ArrayConflict says why a program may not come to an array with an owner, ""
// when it may.
func (r Release) ArrayConflict(owner, p ArrayProgram) string {
	differ := owner.Flags ^ p.Flags
	switch {
	case p.Overrides:
		return r.ArrayAlone(p)
	case CanCast(owner.Type, p.Type):
		return ""
	case p.Type == ProgGtrace && owner.Type != ProgGtrace:
		return "its context cannot be converted"
	case owner.Type != p.Type:
		return "their types differ"
	case owner.Interpreted != p.Interpreted:
		return "one of them only is compiled"
	case r.Has(ArrayFrags) && differ&flagFrags != 0:
		return "one of them only is for multi-buffer XDP"
	case r.Has(ArraySleepable) && differ&flagSleepable != 0:
		return "one of them only is sleepable"
	case r.Has(ArrayAttach) && owner.Attach != p.Attach:
		return "their attach types differ"
	case r.Has(ArrayStorage) && !r.sharesStorage(owner, p):
		return "their cgroup storages differ"
	case r.Has(ArrayProtos) && owner.Proto != p.Proto && slices.Contains(protoTypes, owner.Type):
		return "what they attach to has different arguments"
	}
	return ""
}

// sharesStorage reports whether a program uses the storages of an array's owner,
// or none.
func (r Release) sharesStorage(owner, p ArrayProgram) bool {
	for i, s := range p.Storage {
		if s != owner.Storage[i] && (s != "" || p.Calls && r.Has(ArrayCallers)) {
			return false
		}
	}
	return true
}
