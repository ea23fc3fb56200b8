package linux

// Features of typed kernel pointers.
const (
	TypedTrust                = firstTyped + Feature(iota) // pointers are trusted, protected by RCU, or neither
	TypedAccessCaps                                        // reading kernel objects takes CAP_PERFMON and a GPL licence
	TypedMergeTrust                                        // one load may meet trusted and untrusted pointers
	TypedUntrustedMem                                      // pointers to other things than structs can be followed, as untrusted memory
	TypedSleepableTracepoints                              // programs on tracepoints that may fault can sleep
	TypedDisabledHooks                                     // LSM hooks that no program may be attached to
	TypedCgroupLSM                                         // LSM programs may be attached to cgroups
	TypedDeniedMessages                                    // messages name the functions that no program may be attached to
	TypedDeniedSessions                                    // ... and fsession among the ways that need a return
	TypedRefArgs                                           // arguments of struct_ops may hold references
	TypedArgSize                                           // pointers in the context are read whole
	TypedResultRange                                       // LSM programs know the range of the hook's result
	TypedOnlyStructs                                       // arguments that point to other things than structs are numbers
	TypedFixedContext                                      // constants may be added to the context of typed programs
	TypedReadOnlySymbols                                   // variables of the kernel are read-only memory
	TypedArgNames                                          // messages name the register of a helper's argument
	TypedWholeAdd                                          // number plus pointer is in all as pointer plus number
	TypedSetRetval                                         // bpf_set_retval takes error codes only
	TypedSleepableCalls                                    // programs on system calls may sleep and change results
	TypedElementMem                                        // keys and values of maps may lie in any memory
	TypedQuietStructOps                                    // no message to struct_ops programs without a member
	TypedContextMemory                                     // contexts that are not rewritten may be passed as memory; not since TypedFixedContext
	TypedKptrTags                                          // a map owns what its pointers tagged "kptr" lead to
	TypedConnections                                       // traffic programs may write to connections that are tracked
	TypedObjectWrites                                      // what helpers and functions write has to be writable, kernel objects too
	TypedSharedKptrs                                       // pointers in objects that lists and trees hold may be exchanged
	TypedAtomicKinds                                       // an atomic operation may not meet different kinds of pointers
	TypedSafeAcquire                                       // no load-acquire through pointers that may fault
	typedEnd                                               // keep last
)

var typedFeatures = [typedEnd - firstTyped]FeatureInfo{
	{TypedTrust, "trusted kernel pointers", Version{6, 4}},
	{TypedAccessCaps, "reads of kernel objects only by GPL programs", Version{6, 3}},
	{TypedMergeTrust, "loads through trusted and untrusted pointers", Version{6, 4}},
	{TypedUntrustedMem, "untrusted memory behind untyped pointers", Version{6, 17}},
	{TypedSleepableTracepoints, "sleepable tracepoints", Version{7, 1}},
	{TypedDisabledHooks, "disabled LSM hooks", Version{6, 12}},
	{TypedCgroupLSM, "LSM programs of cgroups", Version{6, 0}},
	{TypedDeniedMessages, "messages about denied targets", Version{6, 17}},
	{TypedDeniedSessions, "sessions at functions that do not return", Version{7, 0}},
	{TypedRefArgs, "referenced arguments of struct_ops", Version{6, 15}},
	{TypedArgSize, "sizes of typed arguments", Version{6, 5}},
	{TypedResultRange, "ranges of LSM results in the context", Version{6, 11}},
	{TypedOnlyStructs, "typed arguments for structs only", Version{7, 0}},
	{TypedFixedContext, "typed contexts with an offset", Version{7, 1}},
	{TypedReadOnlySymbols, "read-only kernel variables", Version{5, 17}},
	{TypedArgNames, "names of argument registers", Version{7, 1}},
	{TypedWholeAdd, "numbers plus pointers", Version{7, 2}},
	{TypedSetRetval, "checked bpf_set_retval", Version{7, 2}},
	{TypedSleepableCalls, "sleepable system calls", Version{7, 1}},
	{TypedElementMem, "elements in any memory", Version{6, 2}},
	{TypedQuietStructOps, "no message without a member", Version{6, 9}},
	{TypedContextMemory, "typed contexts as memory", Version{6, 1}},
	{TypedKptrTags, "owned pointers in maps", Version{6, 4}},
	{TypedConnections, "writes to connections", Version{6, 1}},
	{TypedObjectWrites, "writes to kernel objects checked", Version{7, 2}},
	{TypedSharedKptrs, "exchange in objects of lists and trees", Version{7, 2}},
	{TypedAtomicKinds, "kinds of pointers of atomic operations", Version{7, 2}},
	{TypedSafeAcquire, "load-acquire where no load faults", Version{7, 2}},
}
