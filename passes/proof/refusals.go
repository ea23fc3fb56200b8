package proof

import (
	"regexp"
	"sync"
)

// refusal is a row: what a message of the verifier means.
type refusal struct {
	id      string
	title   string
	pattern func() *regexp.Regexp // of the kernel's message
	say     string                // in our words; $1 is the first group of pattern
	hint    string
	doc     string
}

// refusals are tried from the first to the last, which matches everything.
var refusals = []refusal{
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
	{
		id: "proof/null-check", title: "a pointer that may be NULL is used",
		pattern: pattern(`^R(\d+) (?:invalid mem access '\w*or_null\w*'|pointer arithmetic on \w*or_null\w* prohibited)`),
		say:     "the pointer in R$1 may be NULL here",
		hint:    "compare it with NULL on every path to this line, and leave if it is",
		doc: `Map lookups, ring buffer reservations, socket lookups and many other calls return NULL when they
find nothing. The result can be used only on paths where it was compared with NULL:

    v = bpf_map_lookup_elem(&m, &key);
    if (!v)
        return 0;
    *v += 1;

The check must be on the same value: one that was reloaded from a map or stored and read back
counts as another pointer.`,
	},
	{
		id: "proof/packet-bounds", title: "the packet may end before the bytes that are accessed",
		pattern: pattern(`^(?:R(\d+) offset is outside of the packet|invalid access to packet.* R(\d+)\()`),
		say:     "the packet may be shorter than this access through R$1$2",
		hint:    "compare the end of the access with data_end first: if (ptr + size > data_end) return ...;",
		doc: `Each access to a packet needs a comparison with data_end on the way to it, and the comparison must cover
all bytes that are accessed:

    struct ethhdr *eth = data;
    if (eth + 1 > data_end)      /* also: (void *)eth + sizeof(*eth) > data_end */
        return XDP_PASS;

Helpers that change the packet make all packet pointers void: read data and data_end again after them.
A variable offset must be bounded (for example with & 0xff) before it is added.`,
	},
	{
		id: "proof/untyped-pointer", title: "a number is used as a pointer",
		pattern: pattern(`^R(\d+) invalid mem access 'scalar'|^R(\d+) invalid mem access 'inv'`),
		say:     "R$1$2 holds a number here, not a pointer that may be followed",
		hint:    "read the kernel's memory with BPF_CORE_READ or bpf_probe_read_kernel; after a helper that changes a packet, read data and data_end again",
		doc: `The verifier lost, or never had, the type of this value. Common causes: an address that was read from
memory of the kernel, a pointer that went through arithmetic with unknown numbers or through a cast to
an integer, a pointer to the packet after a helper that changes the packet, and a spilled pointer that was
overwritten in part.`,
	},
	{
		id: "proof/uninitialised", title: "something is read before it is written",
		pattern: pattern(`^R(\d+) !read_ok`),
		say:     "R$1 is read but was never written on this path",
		hint:    "give the variable a value on every path; after a call only R0 and R6 to R9 keep theirs",
		doc: `A register has a value only after the program has written it on the path in question. Calls destroy R1 to R5.
In C this shows up as a variable without an initial value, or as a function with a declared
result that does not return one.`,
	},
	{
		id: "proof/stack", title: "an access to the stack that is not allowed",
		pattern: pattern(`stack`),
		say:     "this access to the stack is not allowed",
		hint:    "initialise the bytes before they are read (= {} also clears padding), and stay within 512 bytes below R10",
		doc: `The stack has 512 bytes for a program and all functions in a chain of calls. Bytes must be written before they are
read, also by helpers; padding inside a struct counts, so initialise structs with = {} or __builtin_memset.
A variable index needs bounds.`,
	},
	{
		id: "proof/context", title: "a field of the context that this program type does not have",
		pattern: pattern(`^invalid bpf_context access off=(-?\d+) size=(-?\d+)`),
		say:     "this program type has no such field: offset $1, size $2 of the context",
		hint:    "look at the fields of the context of this program and attach type, and use whole fields",
		doc: `Programs see only some fields of their context, and which ones depends on the program type, the attach type
and the kernel. Some can be read only, some only with a certain width. Compilers at times merge two reads
into one of another width; mark the field volatile then.`,
	},
	{
		id: "proof/context-pointer", title: "the context is accessed in a way that is not allowed",
		pattern: pattern(`ctx (?:ptr|access|pointer)`),
		say:     "the context is accessed through a changed or variable pointer",
		hint:    "access fields of the context directly, at constant offsets",
		doc: `Accesses to the context are rewritten when the program is loaded, and so must be at constant offsets from the
original pointer. Compilers at times compute the address first; a volatile access or the
__builtin_preserve_access_index attribute keeps them from it.`,
	},
	{
		id: "proof/memory-bounds", title: "an access may be outside of its memory",
		pattern: pattern(`^R(\d+) (?:min value is|max value is|unbounded memory access|is outside)`),
		say:     "with what is known of R$1 this access may be out of bounds",
		hint:    "bound the index on this path: if (i >= N) return 0; or i &= N - 1;",
		doc: `An access with a variable offset needs proof that the offset is in range, for the lowest and the highest value.
The comparison must be on the value that is used: compilers can compare a copy, or a 32-bit half.
An unsigned type avoids the proof for negative values. For lengths passed to helpers, & with a mask works best.`,
	},
	{
		id: "proof/memory-bounds-fixed", title: "an access is outside of its memory",
		pattern: pattern(`^(?:invalid access to (?:map value|memory|map key)|invalid (?:map_value|mem) access|access beyond|R\d+ invalid zero-sized read)`),
		say:     "this access is outside of the memory that it points to",
		hint:    "compare offset and size with the size of the map's value or of the record",
		doc:     `The memory behind the pointer has a known size, and the access reaches beyond it.`,
	},
	{
		id: "proof/pointer-arithmetic", title: "arithmetic that is not allowed with this pointer",
		pattern: pattern(`pointer arithmetic|math between|pointer (?:\+=|-=|comparison)|subtract pointer|pointer offset|pointer be out of bounds|bitwise operator`),
		say:     "this arithmetic is not allowed with this pointer",
		hint:    "add only bounded numbers to pointers to memory, and none to maps, sockets or the end of a packet",
		doc: `Pointers to packets, map values, stack and memory take additions of numbers whose bounds are known. Pointers to
maps, sockets and the end of the packet take none. Two pointers of a packet can be subtracted, but not added.`,
	},
	{
		id: "proof/frame-pointer", title: "the frame pointer is written",
		pattern: pattern(`^frame pointer is read only`),
		say:     "R10 can only be read",
		hint:    "",
		doc: `R10 points to the top of the stack frame and never changes. Loaders also write an instruction that writes R10 where a CO-RE
relocation of a 64-bit constant has no match in the target kernel: guard it with bpf_core_type_exists or its kin.`,
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
		id: "proof/helper-not-allowed", title: "this program type cannot call the helper or kernel function",
		pattern: pattern(`^program of this type cannot use helper (\w+)#|^calling kernel function (\w+) is not allowed`),
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
		id: "proof/function-type", title: "a function has a type that cannot be verified alone",
		pattern: pattern(`^Global function (\w+)\(\)|^Arg#\d+ type \w+ in (\w+)\(\)|^arg#\d+ (?:reference type|has |type |should be|arena |untrusted )`),
		say:     "the verifier cannot make sense of this function's type: $1$2",
		hint:    "take numbers, the context and pointers to complete types, and return a number; or make the function static",
		doc: `Functions that are not static are verified alone, which takes a type that says everything: at most five
arguments, each a number, the program's context or a pointer to a type whose size is known, and a number as result.`,
	},
	{
		id: "proof/function-call", title: "a function is called where it must not be",
		pattern: pattern(`^use static function instead|^a non-sleepable BPF program context|^sleepable global function|call stack of \d+ frames is too deep|^R(\d+) is a packet pointer, but func`),
		say:     "this function must not be called here",
		hint:    "make the function static, or call it outside of the locked, RCU or non-preemptible section",
		doc: `Functions that are verified alone may do anything that their code can do on some path. They cannot be called with a
lock held, and those that may sleep only where sleeping is allowed. Calls nest eight deep.`,
	},
	{
		id: "proof/callback", title: "a function that cannot be called back",
		pattern: pattern(`^callback function not |^missing btf func_info|^R0 not a scalar value|^cannot return stack pointer|expected pointer to func`),
		say:     "this function cannot be used as a callback, or returns what it must not",
		hint:    "make the callback static, and let it return 0 or 1",
		doc: `bpf_loop, bpf_for_each_map_elem, timers and others call functions of the program. Those must be static, and return
0 to go on or 1 to stop; what the kernel calls later returns 0. A function cannot return a pointer to its stack.`,
	},
	{
		id: "proof/field", title: "a field of a map's value is missing or elsewhere",
		pattern: pattern(`doesn't point to 'struct (bpf_\w+)'|^map '.*' (?:has no valid|has to have BTF|doesn't have|is not a struct)|^(?:timer|workqueue|bpf_task_work) pointer in R|doesn't have constant offset`),
		say:     "this does not point to the field $1 that the map's value has",
		hint:    "pass the address of the field itself, in a value of the map that is named in the same call",
		doc: `Locks, timers, work queues and kernel pointers in map values are found by the map's BTF. Helpers take the address of
just that field, and bpf_timer_init the very map that holds it.`,
	},
	{
		id: "proof/format", title: "a format that is not understood",
		pattern: pattern(`^Invalid format string`),
		say:     "the format has a conversion that is not known, or more conversions than arguments",
		hint:    "",
		doc: `bpf_snprintf checks its format when the program is loaded. It knows %d %i %u %x with l and ll, %c, %s, and
%p with K, x, s, S, B, i4, I4, i6, I6, ks and us.`,
	},
	{
		id: "proof/call", title: "a call with arguments that the function does not take",
		pattern: pattern(`^cannot pass map_type|^arg ?#?\d+|kernel function|^[Ee]xpected an? |^Caller passes invalid args|trusted arg|must be (?:referenced|a rcu|a known constant)|^helper call`),
		say:     "the function does not take these arguments",
		hint:    "",
		doc:     `The kernel's message names the argument and what is wrong with it.`,
	},
	{
		id: "proof/leak", title: "a reference or a lock is kept",
		pattern: pattern(`reference leak|^Unreleased reference|cannot be used inside|while holding a lock`),
		say:     "a reference, lock or region that was acquired before is still held here",
		hint:    "release it on every path: bpf_ringbuf_submit or discard, bpf_sk_release, bpf_spin_unlock, ...",
		doc:     `What a program acquires it must release on every path before it ends, tail-calls or calls certain functions.`,
	},
	{
		id: "proof/return-value", title: "the program's result is out of range",
		pattern: pattern(`^At (?:program exit|async callback return|callback return)`),
		say:     "the result is not one of those that this program type may return",
		hint:    "return a value that is in the range for this attach type, on every path",
		doc:     `For some program and attach types the kernel allows only certain results, and the verifier must be able to prove them.`,
	},
	{
		id: "proof/loop", title: "a loop that does not end, or may not",
		pattern: pattern(`^(?:infinite loop detected|back-edge)`),
		say:     "this loop comes back in the same state: the verifier cannot see that it ends",
		hint:    "change something in each round that bounds the loop, such as a counter with a constant limit",
		doc: `The verifier walks loops round by round. When a round leaves everything as it was, it would go on forever. Loops over
what the verifier cannot count need bpf_loop, an open-coded iterator (bpf_for) or, since Linux 6.9, may_goto.`,
	},
	{
		id: "proof/complexity", title: "too many paths to explore",
		pattern: pattern(`^(?:BPF program is too large|The sequence of \d+ jumps)`),
		say:     "the verifier gives up: it has walked as many instructions as it may",
		hint:    "move loop bodies into functions for bpf_loop, make helper functions global (__noinline, not static), bound loops",
		doc: `At most one million instructions are walked over all paths together. Unrolled loops and many independent branches multiply paths.
Global functions are verified once and for all; bpf_loop walks its callback only until nothing changes.`,
	},
	{
		id: "proof/read-only", title: "memory that is read-only is written",
		pattern: pattern(`cannot write into|write into map forbidden|only read (?:from|is)|does not allow writes`),
		say:     "this memory can only be read",
		hint:    "",
		doc:     `Maps with BPF_F_RDONLY_PROG (.rodata among them), many kernel objects and, for some program types, the packet are read-only.`,
	},
	{
		id: "proof/alignment", title: "an access that is not aligned",
		pattern: pattern(`^misaligned|access misaligned`),
		say:     "this access must be aligned to its size",
		hint:    "",
		doc:     `The stack and, with strict alignment, all memory can only be accessed at multiples of the access's size.`,
	},
	{
		id: "proof/attach", title: "the program cannot be loaded for this attach point",
		pattern: pattern(`btf_id|is not sleepable|might sleep|not found in kernel|attach`),
		say:     "the kernel refuses this attach point for the program",
		hint:    "",
		doc:     `Tracing, LSM and extension programs are bound to a function when they are loaded. It must exist in the kernel and allow this kind of program.`,
	},
	{
		id: "proof/rejected", title: "the verifier refuses the program",
		pattern: pattern(`^`),
		say:     "the verifier refuses the program here",
		hint:    "",
		doc:     `The kernel's message says why.`,
	},
}

// pattern compiles an expression when it is first needed: most runs reject
// nothing, and all expressions together cost more than judging a small program.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
