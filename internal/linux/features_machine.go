package linux

// Features of the verifier's machine: what it remembers of a path, and the
// wording of its messages.
const (
	MachinePointerOffsets   = firstMachine + Feature(iota) // one offset per pointer, not a fixed and a variable one
	MachineKnownKeys                                       // a lookup in an array finds something when its key is a constant in bounds
	MachineOrderedRefs                                     // resources keep their order when one is given back
	MachineMergedLeaks                                     // one message for all that may not be held at exit
	MachineStackMessages                                   // messages about the stack do not say "indirect"
	MachineStackOffsets                                    // ... and show the constant offset beside a variable one
	MachineZeroSizeMessage                                 // the message about a size that may be 0 shows its bounds
	MachineUninitStack                                     // privileged programs may read bytes of the stack before they are written
	MachineStackBeyond                                     // ... also below the lowest byte that the function has used
	MachineLinkOffsets                                     // scalars that differ by a constant learn from each other
	MachineLinkAlu32                                       // ... also after 32-bit additions and after subtractions
	MachineLinksCut                                        // what cuts the tie of a scalar leaves no distance behind
	MachineLinksKept                                       // what is learnt about a scalar leaves how it differs from others
	MachineLinkBases                                       // what scalars are derived from has to correspond in states, too
	MachineWorkOffsets                                     // offsets of work queues have to be constants
	MachineConstants                                       // constants have no ids
	MachineSpillNarrow                                     // scalars narrower than a slot are tracked on the stack
	MachineSpillAny                                        // ... also zeros, and those of which nothing is known
	MachineLinkMov32                                       // 32-bit moves that lose no bits tie scalars
	MachineEqualPointers                                   // a pointer that equals one that is not null is not null
	MachineExactLoops                                      // a loop is infinite when exactly the same state comes again
	MachineArenaOperands                                   // pointers into the arena may be the second operand of everything
	MachineJoinedWords                                     // messages about offsets of pointers give all of the offset
	MachineCastForks                                       // casts of held sockets are explored for null apart
	MachineDerivedRefs                                     // what is derived from a resource is given back first
	MachineNMIFields                                       // tracing programs may not drop objects with some fields
	MachineTwoRefs                                         // two resources in one call are the fault of the program
	MachineMapKeys                                         // pointers to keys of maps
	MachineRingbufKeys                                     // keys and values of maps may lie in records of ring buffers
	MachineMovedEnds                                       // a packet pointer that is moved is no longer at the end
	MachineNullRegs                                        // comparing with a register that is null is a null check
	MachineTimersAnywhere                                  // tracing programs may use timers and work queues
	MachineHelperRefusal                                   // the message names a helper that programs of the type may not call
	MachineTailReturns                                     // tail calls and packet loads in a function may return to its caller
	MachineHalfSlots                                       // the lower half of a slot is compared as a scalar as well
	MachineClobberAll                                      // a helper that reads a spilled kernel pointer leaves nothing of it
	MachineMiscScalars                                     // bytes of which nothing is known are compared with spilled scalars
	MachineLoneIDs                                         // ids that only one scalar has are dropped from remembered states
	MachineCPURange                                        // bpf_get_smp_processor_id stays below the number of CPUs
	MachineResultRange                                     // results of programs are checked by their range, not their bits
	MachineRetvalRange                                     // bpf_get_retval returns an error code or 0
	MachineMergedSleep                                     // one message for sleeping where it is not allowed
	MachineScalarIDs                                       // scalars of states are compared with what they are tied to
	MachineTrackCalls                                      // precision is followed through calls
	MachineTrackPointers                                   // ... to the stack through any pointer
	MachineTrackLinks                                      // ... to scalars that are tied to each other
	MachineCallbackLoops                                   // what a helper calls again and again is a loop with back edges
	MachineLoopVisits                                      // what is insisted on in a loop is carried over its back edges
	MachineLiveRegs                                        // registers that are not read any more are not compared in loops
	MachineFastCalls                                       // spills around calls that are compiled inline are taken out
	MachinePairedIDs                                       // the ids of two states correspond one to one
	MachineComposedNames                                   // names of types are put together from their parts
	MachineLooseSlots                                      // bytes of the stack that nothing is known of need not be so on every turn of a loop
	MachineCallWrites                                      // calls overwrite of their callers' stacks what functions do
	MachineStaticLiveness                                  // which stack is live is known before programs are explored
	MachineContextConstants                                // constants may be stored into the context
	MachineCallsReadAll                                    // a call of a function reads all five arguments
	MachineNullBuffers                                     // buffers that may be null cannot be accessed
	MachineInnerSizes                                      // an inner map may be replaced by one with another number of elements
	MachineSaysBugs                                        // what the verifier takes for bugs of its own has messages
	machineEnd                                             // keep last
)

var machineFeatures = [machineEnd - firstMachine]FeatureInfo{
	{MachinePointerOffsets, "joined offsets of pointers", Version{7, 0}},
	{MachineKnownKeys, "lookups with constant keys", Version{6, 14}},
	{MachineOrderedRefs, "order of resources", Version{6, 14}},
	{MachineMergedLeaks, "one message for what is held at exit", Version{6, 13}},
	{MachineStackMessages, "short messages about the stack", Version{6, 14}},
	{MachineStackOffsets, "constant offsets in messages about the stack", Version{6, 8}},
	{MachineZeroSizeMessage, "bounds of sizes in messages", Version{6, 8}},
	{MachineUninitStack, "reads of unwritten stack", Version{5, 10}}, // a fix that stable releases took over
	{MachineStackBeyond, "reads below the used stack", Version{6, 8}},
	{MachineLinkOffsets, "links over added constants", Version{6, 10}},
	{MachineLinkAlu32, "links over 32-bit additions", Version{6, 18}},
	{MachineLinksCut, "ties of scalars cut whole", Version{6, 18}},
	{MachineLinksKept, "links kept by what is learnt", Version{6, 18}},
	{MachineLinkBases, "bases of links compared", Version{6, 18}},
	{MachineWorkOffsets, "constant offsets of work queues", Version{6, 18}},
	{MachineConstants, "constants without ids", Version{6, 5}},
	{MachineSpillNarrow, "spills of narrow scalars", Version{5, 16}},
	{MachineSpillAny, "spills of any scalar", Version{6, 8}},
	{MachineLinkMov32, "links over 32-bit moves", Version{6, 8}},
	{MachineEqualPointers, "null checks by other pointers", Version{6, 2}},
	{MachineExactLoops, "exact comparison for infinite loops", Version{6, 7}},
	{MachineArenaOperands, "arena pointers as second operands", Version{7, 2}},
	{MachineJoinedWords, "whole offsets in messages", Version{7, 0}},
	{MachineCastForks, "casts explored for null", Version{7, 2}},
	{MachineDerivedRefs, "order of derived resources", Version{7, 2}},
	{MachineNMIFields, "objects that tracing programs may not drop", Version{7, 2}},
	{MachineTwoRefs, "message about two resources", Version{6, 17}},
	{MachineMapKeys, "pointers to keys", Version{5, 13}},
	{MachineRingbufKeys, "keys in any memory", Version{6, 2}},
	{MachineMovedEnds, "ends of packets forgotten", Version{7, 2}},
	{MachineNullRegs, "null checks with registers", Version{7, 2}},
	{MachineTimersAnywhere, "timers in tracing programs", Version{7, 0}},
	{MachineHelperRefusal, "names of refused helpers in messages", Version{6, 8}},
	{MachineTailReturns, "returns by tail calls and packet loads", Version{6, 18}},
	{MachineHalfSlots, "comparison of half slots", Version{7, 0}},
	{MachineClobberAll, "spilled kernel pointers clobbered by helpers", Version{6, 1}},
	{MachineMiscScalars, "comparison of spilled scalars with bytes", Version{6, 9}},
	{MachineLoneIDs, "ids of single scalars dropped", Version{7, 0}},
	{MachineCPURange, "range of processor ids", Version{6, 5}},
	{MachineResultRange, "ranges of results", Version{6, 8}},
	{MachineRetvalRange, "range of bpf_get_retval", Version{7, 1}},
	{MachineMergedSleep, "one message for sleeping", Version{7, 2}},
	{MachineScalarIDs, "ids of scalars compared", Version{6, 5}},
	{MachineTrackCalls, "precision through calls", Version{6, 5}},
	{MachineTrackPointers, "precision through pointers to the stack", Version{6, 8}},
	{MachineTrackLinks, "precision through tied scalars", Version{6, 11}},
	{MachineCallbackLoops, "back edges of callbacks", Version{7, 2}},
	{MachineLoopVisits, "demands carried over back edges", Version{6, 17}},
	{MachineLiveRegs, "dead registers ignored in loops", Version{6, 15}},
	{MachineFastCalls, "spills around inline calls removed", Version{6, 12}},
	{MachinePairedIDs, "correspondence of ids", Version{6, 3}},
	{MachineComposedNames, "composed names of types", Version{5, 17}},
	{MachineLooseSlots, "loops with stack that some turns fill", Version{7, 2}},
	{MachineCallWrites, "stores through calls", Version{6, 18}},
	{MachineStaticLiveness, "liveness of the stack before exploration", Version{7, 0}},
	{MachineContextConstants, "constants stored into the context", Version{6, 4}},
	{MachineCallsReadAll, "arguments of functions read by calls", Version{6, 15}},
	{MachineNullBuffers, "null checks of buffers", Version{5, 10}},
	{MachineInnerSizes, "sizes of inner maps unknown", Version{6, 14}},
	{MachineSaysBugs, "messages about bugs of the verifier", Version{6, 16}},
}
