package linux

import (
	"fmt"
	"sort"
	"strings"
)

// Kfunc is a kernel function that programs may call, as one kernel or several
// register it. Its prototype is in the kernel's BTF.
type Kfunc struct {
	Name    string
	Kernels Kernels
	Flags   KfuncFlags
	callers uint8 // index into kfuncCallers
}

// KfuncFlags say what the verifier has to know of a kfunc beyond its type.
type KfuncFlags uint32

// Flags of kfuncs, with the bits of the kernel (KF_*).
const (
	KfuncAcquire      KfuncFlags = 1 << iota // the result holds a reference
	KfuncRelease                             // takes over the reference of its argument
	KfuncRetNull                             // the result may be null
	KfuncKptrGet                             // reads a kptr of a map value (6.1)
	KfuncTrustedArgs                         // pointers have to be trusted; all kfuncs ask that since TrustedByDefault
	KfuncSleepable                           // may sleep
	KfuncDestructive                         // needs CAP_SYS_BOOT
	KfuncRCU                                 // pointers protected by RCU will do
	KfuncIterNew                             // constructor of an iterator
	KfuncIterNext                            // next element of an iterator
	KfuncIterDestroy                         // destructor of an iterator
	KfuncRCUProtected                        // to be called in an RCU section
	KfuncFastCall                            // R1 to R5 survive when the compiler relied on it
	KfuncArenaRet                            // returns a pointer into the arena
	KfuncArenaArg1                           // the first argument is one
	KfuncArenaArg2                           // the second argument is one
	KfuncImplicitArgs                        // the verifier adds arguments that the program does not pass
)

// Has reports whether all of the flags are set.
func (f *Kfunc) Has(flags KfuncFlags) bool { return f.Flags&flags == flags }

// Kfunc finds a kfunc by name; nil when the kernel registers none.
func (k *Kernel) Kfunc(name string) *Kfunc {
	i := sort.Search(len(kfuncs), func(i int) bool { return kfuncs[i].Name >= name })
	for ; i < len(kfuncs) && kfuncs[i].Name == name; i++ {
		if kfuncs[i].Kernels.In(k.Version) {
			return &kfuncs[i]
		}
	}
	return nil
}

// MayCall reports whether programs of a hook may call the kfunc; otherwise the
// kernel says "calling kernel function %s is not allowed". The kernel's type
// is that of a struct_ops, such as "sched_ext_ops", and empty for others.
func (f *Kfunc) MayCall(h *Hook, structOps string) bool {
	callers := kfuncCallers[f.callers]
	if strings.Contains(callers, " "+callerName(h, structOps)+" ") {
		return true
	}
	if h.Type != progKprobe || h.Attach == 0 {
		return false
	}
	plain := *h // kprobes that are attached to many functions may do what others may
	plain.Attach = 0
	return strings.Contains(callers, " "+callerName(&plain, structOps)+" ")
}

// callerName spells the kind of a hook as the lists of callers do: its type,
// the attach type of those that are told apart by it, and "s" when it sleeps.
func callerName(h *Hook, structOps string) string {
	s := fmt.Sprint(h.Type)
	switch {
	case h.Type == progStructOps:
		s += "/" + structOps
	case h.Type == progTracing || h.Type == progLSM || h.Type == progKprobe && h.Attach != 0:
		s += fmt.Sprint("/", h.Attach)
	}
	if h.Sleepable {
		s += "/s"
	}
	return s
}

const (
	progKprobe = 2
	progLSM    = 29
)

// ArgSuffix is what the end of a kfunc's parameter name tells the verifier.
type ArgSuffix uint8

// Meanings of names of parameters.
const (
	SuffixNone            ArgSuffix = iota
	SuffixSize                      // size of the memory before
	SuffixConstSize                 // ... a known constant
	SuffixConst                     // a known constant
	SuffixIgnored                   // anything
	SuffixMap                       // a map
	SuffixAlloc                     // an object that the program owns
	SuffixUninit                    // memory, dynptr or iterator that the function fills
	SuffixRefcountedKptr            // an own object with a reference counter
	SuffixNullable                  // null will do
	SuffixStr                       // a constant string
	SuffixOptional                  // buffer that may be missing
	SuffixIRQFlag                   // saved state of interrupts
	SuffixNonOwnAllowed             // a reference that the program does not own will do
	SuffixImplicitProgAux           // filled in by the verifier
)

// suffixRow is one convention with the kernels that know it.
type suffixRow struct {
	text    string
	kernels Kernels
	meaning ArgSuffix
}

// suffixes of kfuncs' parameters (Documentation/bpf/kfuncs.rst of 6.1 to 7.2
// and the behaviour of the live kernel).
var suffixes = []suffixRow{
	{"__sz", From6_1, SuffixSize},
	{"__szk", From6_12, SuffixConstSize},
	{"__k", From6_12, SuffixConst},
	{"__ign", From6_12, SuffixIgnored},
	{"__map", From6_12, SuffixMap},
	{"__alloc", From6_12, SuffixAlloc},
	{"__uninit", From6_12, SuffixUninit},
	{"__refcounted_kptr", From6_12, SuffixRefcountedKptr},
	{"__nullable", From6_12, SuffixNullable},
	{"__str", From6_12, SuffixStr},
	{"__opt", In6_12 | In6_18, SuffixOptional},
	{"__irq_flag", From6_18, SuffixIRQFlag},
	{"__nonown_allowed", In7_2, SuffixNonOwnAllowed},
	{"__prog", In6_18, SuffixImplicitProgAux},
}

// SuffixOf tells what a parameter's name means to the kernel's verifier.
func (k *Kernel) SuffixOf(param string) ArgSuffix {
	at := strings.LastIndex(param, "__")
	if at < 0 {
		return SuffixNone
	}
	for _, s := range suffixes {
		if strings.HasSuffix(param, s.text) && s.kernels.In(k.Version) {
			return s.meaning
		}
	}
	return SuffixNone
}

// KfuncNames lists the kfuncs that the kernel registers, in order.
func (k *Kernel) KfuncNames() []string {
	var names []string
	for i := range kfuncs {
		if f := &kfuncs[i]; f.Kernels.In(k.Version) && (len(names) == 0 || names[len(names)-1] != f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
