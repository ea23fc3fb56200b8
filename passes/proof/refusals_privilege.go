package proof

// privileges are rows about what takes a capability.
var privileges = []refusal{
	{
		id: "proof/pointer-leak", title: "a pointer gets out of a program that may not show it",
		pattern: pattern(`^R(\d+) leaks addr|^leaking pointer from stack|^R(\d+) (?:sign-extension part|partial copy) of pointer|^attempt to corrupt spilled pointer`),
		say:     "without CAP_PERFMON the program must not let the pointer in R$1$2 out",
		hint:    "store and return numbers, not pointers; or grant CAP_PERFMON",
		doc: `Programs of a process without CAP_PERFMON may not learn the addresses of the kernel. They cannot
return a pointer, store it in a map, the context or a packet, pass it as a number to a helper, copy a part of it, or
overwrite a part of one that was spilled to the stack.`,
	},
	{
		id: "proof/speculation", title: "arithmetic on a pointer that the kernel cannot make safe",
		pattern: pattern(`^R(\d+) .*prohibited for !root|^R(\d+) pointer (?:comparison|arithmetic) prohibited`),
		say:     "without CAP_PERFMON this operation on a pointer is not allowed: R$1$2",
		hint:    "bound the offset where it is added, with one sign and to one kind of pointer; or grant CAP_PERFMON",
		doc: `A processor may follow a branch for a while before it notices that it should not have (Spectre). For processes
without CAP_PERFMON the kernel therefore keeps every pointer inside of what it points to at every step, also when a later
check would do, and masks variable offsets. An instruction can be masked in one way only: it must not add to pointers into
different maps, or from different places in a value, or a number of unknown sign, and only pointers to the stack and
into map values can be moved by a register at all. Pointers cannot be compared or subtracted either, as that would tell
addresses.`,
	},
	{
		id: "proof/privilege", title: "something takes a capability that the process lacks",
		pattern: pattern(`allowed only to CAP_|are allowed for CAP_|are required to use`),
		say:     "the process lacks a capability for this",
		hint:    "grant the capability that the kernel's message names",
		doc:     `Reading kernel objects through typed pointers takes CAP_PERFMON, functions and kfuncs take CAP_BPF, arenas both.`,
	},
}
