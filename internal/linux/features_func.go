package linux

// Features of functions: how the verifier proves them one by one, and how it
// follows callbacks.
const (
	FuncLazy        = firstFunc + Feature(iota) // global functions are verified after the program, and only when called
	FuncTags                                    // declaration tags qualify arguments
	FuncTrusted                                 // ... among them trusted, nullable and arena
	FuncUntrusted                               // ... and untrusted
	FuncMemory                                  // arguments of global functions may point to memory
	FuncTypedefs                                // the typedef of a kprobe's context is known as one
	FuncBuffers                                 // sk_buff and xdp_buff are known as contexts
	FuncVoid                                    // global functions may return nothing
	FuncPacket                                  // calls of functions that change the packet void its pointers
	FuncSleep                                   // calls of functions that may sleep are checked
	FuncLocked                                  // functions that are followed may be called with a lock held
	FuncRegisters                               // messages about arguments name registers
	FuncAborts                                  // packet loads that fail in a function return to its caller
	FuncConverge                                // callbacks are followed until their turns are alike, not once
	FuncAwake                                   // callbacks that run later may sleep or not, whatever the program may
	FuncRecords                                 // messages about timers in map values do not tell what is wrong
	FuncManyMaps                                // one call of bpf_for_each_map_elem may walk several maps
	FuncUTF8Formats                             // formats may have characters beyond ASCII
	FuncConstDynptr                             // what callbacks get as a dynptr cannot be given back
	FuncNotMain                                 // the program itself is no callback
	FuncTailCalls                               // callbacks may not leave by a tail call
	FuncStackArgs                               // arguments beyond the fifth are passed on a stack of their own
	funcEnd                                     // keep last
)

var funcFeatures = [funcEnd - firstFunc]FeatureInfo{
	{FuncLazy, "global functions verified when called", Version{6, 8}},
	{FuncTags, "tags of arguments", Version{6, 8}},
	{FuncTrusted, "trusted arguments", Version{6, 9}},
	{FuncUntrusted, "untrusted arguments", Version{6, 17}},
	{FuncMemory, "memory as argument of global functions", Version{5, 12}},
	{FuncTypedefs, "typedefs as contexts", Version{6, 8}},
	{FuncBuffers, "kernel types as contexts", Version{6, 3}},
	{FuncVoid, "global functions without result", Version{7, 0}},
	{FuncPacket, "functions that change the packet", Version{6, 12}},
	{FuncSleep, "functions that may sleep", Version{6, 15}},
	{FuncLocked, "calls of functions with a lock held", Version{6, 9}},
	{FuncRegisters, "registers in messages about arguments", Version{7, 2}},
	{FuncAborts, "returns by packet loads", Version{6, 12}},
	{FuncConverge, "convergence of callbacks", Version{6, 7}},
	{FuncAwake, "sleeping callbacks", Version{6, 18}},
	{FuncRecords, "records of fields", Version{6, 2}},
	{FuncManyMaps, "several maps walked by one call", Version{6, 10}},
	{FuncUTF8Formats, "formats in UTF-8", Version{6, 12}},
	{FuncConstDynptr, "constant dynptrs", Version{6, 2}},
	{FuncNotMain, "programs as their own callbacks", Version{7, 2}},
	{FuncTailCalls, "tail calls out of callbacks", Version{7, 2}},
	{FuncStackArgs, "arguments on a stack", Version{7, 2}},
}
