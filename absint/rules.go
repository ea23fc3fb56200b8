package absint

import (
	"github.com/bpflint/bpflint/absint/precision"
	"github.com/bpflint/bpflint/internal/linux"
	"github.com/bpflint/bpflint/prog"
)

// rules says how the target kernel and the caller's privileges change what the
// machine does. It is resolved once per run.
type rules struct {
	capBPF      bool // precision is tracked, loops are allowed
	ptrLeaks    bool // pointers may be seen, compared and stored anywhere
	uninitStack bool // bytes of the stack may be read before they are written
	stackBeyond bool // also those below the lowest byte that was used
	specV1      bool // no speculative paths need to be explored
	specV4      bool

	// exactScalars compares scalars bit by bit in remembered states. It is
	// switched on while limits of pointer arithmetic are explored.
	exactScalars bool

	// What the kernel's release decides, by features linux.Machine...
	ptrInOffset   bool // constant offsets are part of the variable one
	knownKeys     bool // a constant key in bounds makes an array lookup not null
	arenaOperands bool // pointers into the arena may be the second operand of everything
	joinedWords   bool // messages about offsets of pointers give all of the offset
	castForks     bool // casts of held sockets are explored for null apart
	derivedRefs   bool // what is derived from a resource is given back first
	nmiFields     bool // tracing programs may not drop objects with some fields
	twoRefs       bool // two resources in one call are the fault of the program
	orderedRefs   bool // what is held keeps its order
	mergedLeaks   bool // one message for what may not be held at exit
	stackMsgs     bool // "indirect" left the messages about the stack
	stackOffsets  bool // ... and show the constant offset beside a variable one
	zeroSizeMsg   bool // bounds in the message about a size that may be 0
	linkOffsets   bool // scalars are linked over added constants
	linkAlu32     bool // also over 32-bit additions and over subtractions
	linksCut      bool // what cuts a link leaves no distance behind
	linksKept     bool // what is learnt about a scalar leaves how it differs from others
	linkBases     bool // what scalars are derived from has to correspond in states, too
	workOffsets   bool // offsets of work queues have to be constants
	spillNarrow   bool // scalars narrower than a slot are tracked on the stack
	spillAny      bool // ... and those of which nothing is known, and zeros
	constIDs      bool // constants have ids as well
	linkMov32     bool // 32-bit moves that lose no bits tie scalars
	equalPointers bool // a pointer that equals one that is not null is not null
	exactLoops    bool // a loop is infinite when exactly the same state comes again
	mapKeys       bool // pointers to keys exist
	ringbufKeys   bool // keys and values of maps may lie in any memory, records of ring buffers among it
	movedEnds     bool // a packet pointer that is moved is no longer at the end
	nullRegs      bool // comparing with a register that is null is a null check
	helperUnknown bool // "unknown func" for a helper that is not available
	tailReturns   bool // tail calls and packet loads in subprograms are followed to the caller as well
	clobberAll    bool // a helper that reads a spilled kernel pointer leaves nothing of it
	miscScalars   bool // bytes of which nothing is known are compared with spilled scalars
	halfSlots     bool // the lower half of a slot is compared as a scalar as well
	callbackLoops bool // helpers that call a function are loops of their own, with back edges
	loopVisits    bool // what is insisted on in a loop is carried over its back edges
	liveRegs      bool // registers that are not read any more are not compared in loops
	fastCalls     bool // spills around calls that are compiled inline are taken out
	pairedIDs     bool // the ids of two states correspond one to one
	oldNames      bool // memory, buffers and programs are called in messages as they were first
	callWrites    bool // a call overwrites of its callers' stacks what the called function does
	looseSlots    bool // bytes that nothing is known of need not be so on every turn of a loop
	ctxConstants  bool // constants may be stored into the context
	callsReadAll  bool // a call of a function reads all five arguments
	nullBuffers   bool // buffers that may be null cannot be accessed
	innerSizes    bool // an inner map may be replaced by one with another number of elements
	saysBugs      bool // what the verifier takes for bugs of its own has messages
	lone          bool // ids that only one scalar has are dropped from remembered states
	cpuRange      bool // bpf_get_smp_processor_id is known to be below the number of CPUs
	resultBits    bool // results are checked by their bits, not their range
	retvalRange   bool // bpf_get_retval returns an error code or 0
	kptrTags      bool // a map owns what its pointers tagged "kptr" lead to
	trust         bool // kernel pointers are trusted, protected by RCU, or neither
	typedCaps     bool // reading kernel objects takes CAP_PERFMON and a GPL licence
	objectWrites  bool // what helpers write has to be writable, kernel objects too
	atomicKinds   bool // an atomic operation may not meet different kinds of pointers
	safeAcquire   bool // no load-acquire through pointers that may fault
	sharedKptrs   bool // bpf_kptr_xchg changes objects that lists and trees hold as well
	mergeTrust    bool // one load may meet trusted and untrusted pointers
	untrustedMem  bool // pointers to other things than structs are untrusted memory
	argSize       bool // pointers in the context are read whole
	lsmRange      bool // LSM programs know the range of the hook's result
	onlyStructs   bool // arguments that point to other things than structs are numbers
	readOnlySyms  bool // variables of the kernel are read-only memory
	argNames      bool // messages name the register of a helper's argument
	lossyAdd      bool // adding a pointer to a number forgets whose stack it points to and what it holds
	setRetval     bool // bpf_set_retval takes error codes only
	elementMem    bool // keys and values of maps may lie in any memory
	loadAcquire   bool // there are load-acquire and store-release
	xadd          bool // the only atomic operation is BPF_XADD
	fixedCtx      bool // constants may be added to the context of typed programs
	ctxMemory     bool // the context of typed programs may be passed as memory
	mergedSleep   bool // one message for sleeping where it is not allowed

	frames    int32 // bound of the depth of calls
	scalarIDs bool  // precise scalars are compared with what they are tied to

	tracking  precision.Tracking
	funcs     funcRules
	callbacks callbackRules
	masks     maskRules
	kfuncs    kfuncRules
}

func rulesFor(p *prog.Program) rules {
	v, caps := p.Target.Release(), p.Target.Caps
	perfmon := caps.Has(linux.CapPerfmon)
	return rules{
		capBPF:      caps.Has(linux.CapBPF),
		ptrLeaks:    perfmon,
		uninitStack: perfmon && v.Has(linux.MachineUninitStack),
		stackBeyond: perfmon && v.Has(linux.MachineStackBeyond),
		specV1:      perfmon,
		specV4:      perfmon,

		ptrInOffset:   v.Has(linux.MachinePointerOffsets),
		knownKeys:     v.Has(linux.MachineKnownKeys),
		arenaOperands: v.Has(linux.MachineArenaOperands),
		frames:        int32(linux.LimitsOf(v.Version).Frames),
		joinedWords:   v.Has(linux.MachineJoinedWords),
		castForks:     v.Has(linux.MachineCastForks),
		derivedRefs:   v.Has(linux.MachineDerivedRefs),
		nmiFields:     v.Has(linux.MachineNMIFields),
		twoRefs:       v.Has(linux.MachineTwoRefs),
		orderedRefs:   v.Has(linux.MachineOrderedRefs),
		mergedLeaks:   v.Has(linux.MachineMergedLeaks),
		stackMsgs:     v.Has(linux.MachineStackMessages),
		stackOffsets:  v.Has(linux.MachineStackOffsets),
		zeroSizeMsg:   v.Has(linux.MachineZeroSizeMessage),
		linkOffsets:   v.Has(linux.MachineLinkOffsets) && caps.Has(linux.CapBPF),
		linkAlu32:     v.Has(linux.MachineLinkAlu32),
		linksCut:      v.Has(linux.MachineLinksCut),
		linksKept:     v.Has(linux.MachineLinksKept),
		linkBases:     v.Has(linux.MachineLinkBases),
		workOffsets:   v.Has(linux.MachineWorkOffsets),
		spillNarrow:   v.Has(linux.MachineSpillNarrow),
		spillAny:      v.Has(linux.MachineSpillAny),
		constIDs:      !v.Has(linux.MachineConstants),
		linkMov32:     v.Has(linux.MachineLinkMov32),
		equalPointers: v.Has(linux.MachineEqualPointers),
		exactLoops:    v.Has(linux.MachineExactLoops),
		mapKeys:       v.Has(linux.MachineMapKeys),
		ringbufKeys:   v.Has(linux.MachineRingbufKeys),
		movedEnds:     v.Has(linux.MachineMovedEnds),
		nullRegs:      v.Has(linux.MachineNullRegs),
		helperUnknown: !v.Has(linux.MachineHelperRefusal),
		tailReturns:   v.Has(linux.MachineTailReturns),
		clobberAll:    v.Has(linux.MachineClobberAll),
		miscScalars:   v.Has(linux.MachineMiscScalars),
		halfSlots:     v.Has(linux.MachineHalfSlots),
		callbackLoops: v.Has(linux.MachineCallbackLoops),
		loopVisits:    v.Has(linux.MachineLoopVisits),
		liveRegs:      v.Has(linux.MachineLiveRegs),
		fastCalls:     v.Has(linux.MachineFastCalls),
		pairedIDs:     v.Has(linux.MachinePairedIDs),
		oldNames:      !v.Has(linux.MachineComposedNames),
		callWrites:    v.Has(linux.MachineCallWrites) && !v.Has(linux.MachineStaticLiveness),
		looseSlots:    v.Has(linux.MachineLooseSlots),
		ctxConstants:  v.Has(linux.MachineContextConstants),
		callsReadAll:  v.Has(linux.MachineCallsReadAll),
		nullBuffers:   v.Has(linux.MachineNullBuffers),
		innerSizes:    v.Has(linux.MachineInnerSizes),
		saysBugs:      v.Has(linux.MachineSaysBugs),
		lone:          v.Has(linux.MachineLoneIDs),
		cpuRange:      v.Has(linux.MachineCPURange),
		resultBits:    !v.Has(linux.MachineResultRange),
		retvalRange:   v.Has(linux.MachineRetvalRange),
		kptrTags:      v.Has(linux.TypedKptrTags),
		trust:         v.Has(linux.TypedTrust),
		typedCaps:     v.Has(linux.TypedAccessCaps),
		objectWrites:  v.Has(linux.TypedObjectWrites),
		atomicKinds:   v.Has(linux.TypedAtomicKinds),
		safeAcquire:   v.Has(linux.TypedSafeAcquire),
		sharedKptrs:   v.Has(linux.TypedSharedKptrs),
		mergeTrust:    v.Has(linux.TypedMergeTrust),
		untrustedMem:  v.Has(linux.TypedUntrustedMem),
		argSize:       v.Has(linux.TypedArgSize),
		lsmRange:      v.Has(linux.TypedResultRange),
		onlyStructs:   v.Has(linux.TypedOnlyStructs),
		readOnlySyms:  v.Has(linux.TypedReadOnlySymbols),
		argNames:      v.Has(linux.TypedArgNames),
		lossyAdd:      !v.Has(linux.TypedWholeAdd),
		setRetval:     v.Has(linux.TypedSetRetval),
		elementMem:    v.Has(linux.TypedElementMem),
		loadAcquire:   v.Has(linux.LoadAcquire),
		xadd:          !v.Has(linux.AtomicFetch),
		fixedCtx:      v.Has(linux.TypedFixedContext),
		ctxMemory:     v.Has(linux.TypedContextMemory) && !v.Has(linux.TypedFixedContext),
		mergedSleep:   v.Has(linux.MachineMergedSleep),

		scalarIDs: v.Has(linux.MachineScalarIDs),

		tracking: precision.Tracking{
			Calls:    v.Has(linux.MachineTrackCalls),
			Pointers: v.Has(linux.MachineTrackPointers),
			Links:    v.Has(linux.MachineTrackLinks),
		},
		funcs:     funcRulesFor(v),
		callbacks: callbackRulesFor(v),
		masks:     maskRulesFor(v),
		kfuncs:    kfuncRulesFor(v),
	}
}
