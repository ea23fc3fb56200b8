package linux

import "slices"

// Features of program arrays and of hooks.
const (
	ArrayFrags     = firstHook + Feature(iota) // members agree on multi-buffer XDP
	ArrayProtos                                // members that attach to functions agree on their prototype
	ArrayAttach                                // members agree on the expected attach type
	ArraySleepable                             // members agree on sleeping
	hookEnd                                    // keep last
)

// Stable releases took the checks of prototypes and attach types over, so that
// 6.1 and 6.12 have them.
var hookFeatures = [hookEnd - firstHook]FeatureInfo{
	{ArrayFrags, "multi-buffer XDP in program arrays", Version{5, 18}},
	{ArrayProtos, "prototypes in program arrays", Version{6, 1}},
	{ArrayAttach, "attach types in program arrays", Version{6, 1}},
	{ArraySleepable, "sleepable programs in program arrays", Version{7, 2}},
}

// ArrayProgram is what a kernel compares when programs meet in a program array:
// those that are put in, and those that call into it. The first one to come
// near the array decides what it is for; the others get EINVAL, on
// BPF_MAP_UPDATE_ELEM or when they are loaded.
type ArrayProgram struct {
	Type   uint32 // BPF_PROG_TYPE_*
	Attach uint32 // the expected attach type
	Flags  uint32 // BPF_F_*
	// Proto tells apart what tracing programs attach to.
	Proto string
}

// BPF_F_SLEEPABLE and BPF_F_XDP_HAS_FRAGS.
const (
	flagSleepable = 1 << 4
	flagFrags     = 1 << 5
)

// protoTypes attach to functions: TRACING, STRUCT_OPS, EXT and LSM.
var protoTypes = []uint32{26, 27, 28, 29}

// ArrayConflict says why a program a cannot share an array with a member b that
// it may call, "" when it can.
func (v Version) ArrayConflict(a, b ArrayProgram) string {
	differ := a.Flags ^ b.Flags
	switch {
	case CanCast(a.Type, b.Type):
		return ""
	case b.Type == ProgGtrace && a.Type != ProgGtrace:
		return "its context cannot be converted"
	case a.Type != b.Type:
		return "their types differ"
	case v.Has(ArrayFrags) && differ&flagFrags != 0:
		return "one of them only is for multi-buffer XDP"
	case v.Has(ArraySleepable) && differ&flagSleepable != 0:
		return "one of them only is sleepable"
	case v.Has(ArrayAttach) && a.Attach != b.Attach:
		return "their attach types differ"
	case v.Has(ArrayProtos) && a.Proto != b.Proto && slices.Contains(protoTypes, a.Type):
		return "what they attach to has different arguments"
	}
	return ""
}
