package absint

import (
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// rules says how the target kernel and the caller's privileges change what the
// machine does. It is resolved once per run.
type rules struct {
	capBPF      bool // precision is tracked, loops are allowed
	ptrLeaks    bool // pointers may be seen, compared and stored anywhere
	uninitStack bool // bytes of the stack may be read before they are written
	specV1      bool // no speculative paths need to be explored
	specV4      bool

	// exactScalars compares scalars bit by bit in remembered states. It is
	// switched on while limits of pointer arithmetic are explored.
	exactScalars bool

	// History of the messages and of what is accepted.
	ptrInOffset   bool // constant offsets are part of the variable one (7.0)
	knownKeys     bool // a constant key in bounds makes an array lookup not null (6.14)
	mergedLeaks   bool // one message for what may not be held at exit (6.13)
	stackMsgs     bool // "indirect" left the messages about the stack (6.14)
	zeroSizeMsg   bool // bounds in the message about a size that may be 0 (6.8)
	linkOffsets   bool // scalars are linked over added constants (6.10)
	linkAlu32     bool // also over 32-bit additions and over subtractions (6.18)
	spillNarrow   bool // scalars narrower than a slot are tracked on the stack
	helperUnknown bool // "unknown func" for a helper that is not available
	tailReturns   bool // tail calls and packet loads in subprograms are followed to the caller as well (6.18)
	halfSlots     bool // the lower half of a slot is compared as a scalar as well (7.0)
	lone          bool // ids that only one scalar has are dropped from remembered states (7.0)
	cpuRange      bool // bpf_get_smp_processor_id is known to be below the number of CPUs (6.5)
	retvalRange   bool // bpf_get_retval returns an error code or 0 (6.11)
}

func rulesFor(p *prog.Program) rules {
	v, caps := p.Target.Kernel, p.Target.Caps
	since := func(major, minor uint16) bool { return v.AtLeast(linux.Version{Major: major, Minor: minor}) }
	perfmon := caps.Has(linux.CapPerfmon)
	return rules{
		capBPF:      caps.Has(linux.CapBPF),
		ptrLeaks:    perfmon,
		uninitStack: perfmon && since(6, 3),
		specV1:      perfmon,
		specV4:      perfmon,

		ptrInOffset:   since(7, 0),
		knownKeys:     since(6, 14),
		mergedLeaks:   since(6, 13),
		stackMsgs:     since(6, 14),
		zeroSizeMsg:   since(6, 8),
		linkOffsets:   since(6, 10),
		linkAlu32:     since(6, 18),
		spillNarrow:   since(5, 16),
		helperUnknown: !since(6, 8),
		tailReturns:   since(6, 18),
		halfSlots:     since(7, 0),
		lone:          since(7, 0),
		cpuRange:      since(6, 5),
		retvalRange:   since(6, 11),
	}
}
