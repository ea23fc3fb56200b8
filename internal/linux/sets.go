package linux

import "strings"

// NameSet is a list of functions or types that the kernel keeps to decide about
// programs.
type NameSet uint8

// Sets of names.
const (
	DPathCallers       NameSet = iota // functions to which programs that call bpf_d_path may be attached
	NonSleepableInject                // functions of error injection that programs which sleep must not be attached to
	TracingDenied                     // functions that no tracing program may be attached to
	ExitDenied                        // functions that do not return: no fexit and no fmod_ret
	RCUTypes                          // types that RCU protects: kptrs to them can be read in an RCU section
	UntrustedLSM                      // LSM hooks whose arguments are not trusted
	NoSymbol                          // functions that have a type but no symbol: nothing can be attached to them
)

// nameSet is one set as some kernels have it.
type nameSet struct {
	kernels Kernels
	set     NameSet
	names   string // between spaces
}

// Lists reports whether a name stands in one of the kernel's sets.
func (k *Kernel) Lists(s NameSet, name string) bool {
	for i := range nameSets {
		if r := &nameSets[i]; r.set == s && r.kernels.In(k.Version) {
			return strings.Contains(r.names, " "+name+" ")
		}
	}
	return false
}
