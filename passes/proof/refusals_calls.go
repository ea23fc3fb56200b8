package proof

// calls are rows about what is called.
var calls = []refusal{
	{
		pattern: pattern(`^Extension program|^Cannot (?:replace|recursively attach|extend)|\(\) is not a global function$|\) has \d+ args while |^Return type .* doesn't match type|^arg\d+ in \S+\(\) (?:is|has) |^arg\d+ \S+\(struct .* doesn't match `),
		id:      "proof/replacement",
		say:     "the program does not fit the function that it is to replace",
		hint:    "declare it with the result and the arguments of the original, and do nothing to the packet that the original does not",
		title:   "an extension differs from what it replaces",
		doc: `A program of a section freplace/FUNCTION takes the place of a global function of a program that is loaded already.
Its callers were verified with the original's type, and with what the original does to packets and whether it
sleeps; the replacement must not do more.`,
	},
	{
		id: "proof/poisoned", title: "a CO-RE relocation without a match is reached",
		pattern: pattern(`^invalid func unknown#195896080`),
		say:     "the target kernel has no such type or field, and this code can be reached",
		hint:    "guard it with bpf_core_field_exists or bpf_core_type_exists",
		doc: `The types of the target kernel do not have what the program asks for (a field that was renamed or removed, a type of a
module). Loaders replace the instruction by a call that every kernel refuses, so it must not be reachable:

    if (bpf_core_field_exists(task->__state))
        state = BPF_CORE_READ(task, __state);`,
	},
	{
		id: "proof/unknown-function", title: "a helper or kernel function that is not there",
		pattern: pattern(`^(?:invalid func|unknown func) (\w+)#(\d+)|^calling invalid kernel function`),
		say:     "the target kernel has no helper $1 (number $2) for this program",
		hint:    "guard the call with bpf_core_enum_value_exists(enum bpf_func_id, ...), or raise the oldest kernel that you support",
		doc:     `Helpers came with different kernels. docs.ebpf.io tells which.`,
	},
	{
		id: "proof/sleep", title: "something that may sleep is used where nothing may",
		pattern: pattern(`^sleepable|might sleep|must be sleepable|^Sleepable programs can only|^a non-sleepable BPF`),
		say:     "this may sleep, and must not here",
		hint:    `load a sleepable program (a section such as "lsm.s/" or "fentry.s/"), and call it outside of RCU, locks and sections without preemption or interrupts`,
		doc:     `Some functions may wait, for example for a page of user memory. Only sleepable programs can call them, and not while an RCU read section, a lock, or a section without preemption or interrupts is open. Sleepable programs in turn can use only maps that wait for them.`,
	},
	{
		id: "proof/helper-not-allowed", title: "this program type cannot call the helper or kernel function",
		pattern: pattern(`^program of this type cannot use helper (\w+)#|^calling kernel function (\w+) is not allowed|^helper (?:access to the packet|call) is not allowed`),
		say:     "programs of this type cannot call $1$2",
		hint:    "look at the list of program types in the documentation of the function",
		doc:     `Every program type has a set of helpers and kernel functions of its own; some are only for an attach type, or for sleepable programs.`,
	},
	{
		id: "proof/license", title: "a GPL-only function is called by a program under another licence",
		pattern: pattern(`GPL`),
		say:     "this function is only for programs under a licence compatible with the GPL",
		hint:    `declare one: char LICENSE[] SEC("license") = "Dual BSD/GPL";`,
		doc: `Helpers marked as GPL-only and all kernel functions need a program licence that the kernel takes for compatible: "GPL", "GPL v2",
"GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL" or "Dual MPL/GPL".`,
	},
	{
		id: "proof/argument", title: "an argument of the wrong kind",
		pattern: pattern(`^R(\d+) type=(\S+) expected=(.*)`),
		say:     "argument R$1 is of kind $2, and the function wants one of: $3",
		hint:    "",
		doc:     `The function takes memory or objects of certain kinds only; the message lists them in the kernel's short names (fp is the stack).`,
	},
	{
		id: "proof/function-arguments", title: "a function gets something else than its type says",
		pattern: pattern(`^Caller passes invalid args into func#(\d+)`),
		say:     "what is passed does not match the types of the function (number $1 of the program)",
		hint:    "pass what the prototype names: the context, numbers, or memory of at least the size pointed to; or make the function static",
		doc: `A function that is not static is verified once, for all arguments that its type allows: numbers, the program's
context, pointers to memory of known size. So every caller must pass just that. Static functions are followed from each
call instead, with what is known there. Tags such as __arg_ctx, __arg_nonnull and __arg_trusted say more than C types do.`,
	},
	{
		id: "proof/stack-arguments", title: "a function declares more than five arguments",
		pattern: pattern(`^callee expects (\d+) args, stack arg\d+ is not initialized`),
		say:     "the function declares $1 arguments, and five at most are passed in registers",
		hint:    "pass a pointer to a struct instead, or make the function __always_inline",
		doc: `A function may have more arguments in the source than are passed: a compiler leaves out those of a static
function that it knows, and its type keeps them. Kernels from 7.2 on take the type at its word and expect the others on
a stack of their own, where only newer compilers put them.`,
	},
	{
		id: "proof/function-type", title: "a function has a type that cannot be verified alone",
		pattern: pattern(`^Global function (\w+)\(\)|^Arg#\d+ type \w+ in (\w+)\(\)|^arg#\d+ (?:reference type|has |type |should be|arena |untrusted )`),
		say:     "the verifier cannot make sense of this function's type: $1$2",
		hint:    "take numbers, the context and pointers to complete types, and return a number; or make the function static",
		doc: `Functions that are not static are verified alone, which takes a type that says everything: at most five
arguments, each a number, the program's context or a pointer to a type whose size is known, and a number as result.`,
	},
	{
		id: "proof/function-call", title: "a function is called where it must not be",
		pattern: pattern(`^use static function instead|^R(\d+) is a packet pointer, but func`),
		say:     "this function must not be called here",
		hint:    "make the function static, or call it outside of the locked, RCU or non-preemptible section",
		doc: `Functions that are verified alone may do anything that their code can do on some path. They cannot be called with a
lock held, and those that may sleep only where sleeping is allowed. Calls nest eight deep.`,
	},
	{
		id: "proof/callback", title: "a function that cannot be called back",
		pattern: pattern(`^callback function not |^missing btf func_info|^R0 not a scalar value|expected pointer to func`),
		say:     "this function cannot be used as a callback, or returns what it must not",
		hint:    "make the callback static, and let it return 0 or 1",
		doc: `bpf_loop, bpf_for_each_map_elem, timers and others call functions of the program. Those must be static, and return
0 to go on or 1 to stop; what the kernel calls later returns 0. A function cannot return a pointer to its stack.`,
	},
}
