package linux

// Features of kernel functions that programs call.
const (
	KfuncLocked         = firstKfunc + Feature(iota) // iterators over numbers may be used with a lock held
	KfuncNestedRCU                                   // RCU sections nest
	KfuncNeedsRCU                                    // kfuncs may demand an RCU section
	KfuncRegisters                                   // messages about arguments name registers
	KfuncTrusted                                     // all kfuncs want trusted pointers
	KfuncCastVoid                                    // bpf_rdonly_cast knows void
	KfuncCloned                                      // one of several dynptrs of a resource may be overwritten
	KfuncThrows                                      // programs may throw exceptions
	KfuncThrowNamed                                  // messages name bpf_throw
	KfuncThrowRange                                  // what a function throws has to be a result of the program
	KfuncGlobalThrows                                // calls of global functions that may throw are checked
	KfuncDynptrs                                     // dynptrs are tracked through stores and slices
	KfuncLockedStreams                               // streams and arenas may be used with a lock held
	KfuncTrustedOwn                                  // own objects that nothing protects are not taken for such
	KfuncUntrustedReads                              // writes through pointers that nothing protects are refused before all else
	KfuncCountsWhole                                 // references are taken of pointers to the begin of an object
	KfuncCountsOwned                                 // only of an object that the program owns there is another reference for sure
	KfuncOwnedNodes                                  // nodes that the program owns may be passed as those of a tree
	KfuncOuterTrees                                  // what a comparison of nodes calls is known to be called by it
	KfuncUnlockEndsRCU                               // a lock that is given back may end the protection by RCU
	kfuncEnd                                         // keep last
)

var kfuncFeatures = [kfuncEnd - firstKfunc]FeatureInfo{
	{KfuncLocked, "iterators under locks", Version{6, 14}},
	{KfuncNestedRCU, "nested RCU sections", Version{6, 19}},
	{KfuncNeedsRCU, "kfuncs in RCU sections", Version{6, 18}},
	{KfuncRegisters, "registers in messages about kfuncs", Version{7, 2}},
	{KfuncTrusted, "trusted arguments by default", Version{7, 0}},
	{KfuncCastVoid, "casts to untyped memory", Version{6, 17}},
	{KfuncCloned, "overwriting of cloned dynptrs", Version{7, 1}},
	{KfuncThrows, "exceptions", Version{6, 7}},
	{KfuncThrowNamed, "bpf_throw in messages", Version{6, 18}},
	{KfuncThrowRange, "range of what functions throw", Version{7, 0}},
	{KfuncGlobalThrows, "exceptions of global functions", Version{7, 2}},
	{KfuncDynptrs, "tracking of dynptrs", Version{6, 3}},
	{KfuncLockedStreams, "streams and arenas under locks", Version{7, 0}},
	{KfuncTrustedOwn, "own objects without protection", Version{7, 2}},
	{KfuncUntrustedReads, "untrusted pointers for reading only", Version{7, 0}},
	{KfuncCountsWhole, "references to whole objects", Version{7, 2}},
	{KfuncCountsOwned, "references to objects that are not owned", Version{7, 2}},
	{KfuncOwnedNodes, "owned nodes of trees", Version{6, 16}},
	{KfuncOuterTrees, "calls within comparisons of nodes", Version{7, 2}},
	{KfuncUnlockEndsRCU, "RCU ended by unlocking", Version{7, 2}},
}
