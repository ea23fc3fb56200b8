package proof

// accesses are rows about accesses to memory and arithmetic on what leads there.
var accesses = []refusal{
	{
		id: "proof/null-check", title: "a pointer that may be NULL is used",
		pattern: pattern(`^(R\d+) (?:invalid mem access '\w*or_null\w*'|pointer arithmetic on \w*or_null\w* prohibited)|^Possibly NULL pointer passed to .*?(R\d+|arg ?#?\d+)`),
		say:     "the pointer in $1$2 may be NULL here",
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
		id: "proof/alignment", title: "an access that is not aligned",
		pattern: pattern(`^misaligned|access misaligned`),
		say:     "this access must be aligned to its size",
		hint:    "",
		doc:     `The stack and, with strict alignment, all memory can only be accessed at multiples of the access's size.`,
	},
	{
		id: "proof/atomic", title: "an atomic operation on memory that does not take it",
		pattern: pattern(`^BPF_(?:ATOMIC|XADD)`),
		say:     "this memory does not take atomic operations",
		hint:    "use plain loads and stores, or keep the counter in a map",
		doc:     `Atomic operations work on map values, the stack, memory of ring buffers and arenas. The context, packets, sockets and most kernel objects take none.`,
	},
	{
		id: "proof/mixed-pointers", title: "one instruction accesses different kinds of memory",
		pattern: pattern(`^same insn cannot be used with different pointers`),
		say:     "this instruction reaches different kinds of pointers on different paths",
		hint:    "split the code: one access for each kind of pointer; the compiler may have merged two, then a barrier keeps them apart",
		doc:     `Accesses to the context and to some kernel objects are rewritten when the program is loaded, so one instruction cannot access both such an object and plain memory.`,
	},
	{
		id: "proof/stack-size", title: "the stack of a chain of calls is too large",
		pattern: pattern(`^combined stack size|call stack of|^tail_calls are not allowed when`),
		say:     "the functions that call each other need too much stack, or call too deep",
		hint:    "move large buffers into a per-CPU array, or make functions smaller; before tail calls in functions 256 bytes are the limit",
		doc:     `All functions of a chain of calls share 512 bytes of stack and are at most eight deep. With tail calls in functions that are called, the chain before them may take 256 bytes.`,
	},
	{
		id: "proof/stack-escape", title: "a function returns the address of its stack",
		pattern: pattern(`^cannot return stack pointer`),
		say:     "the function returns a pointer to its own stack",
		hint:    "return the value, or let the caller pass a buffer",
		doc:     `What lies on the stack of a function is gone when it returns.`,
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
		pattern: pattern(`^(?:invalid access to (?:map value|memory|map key)|invalid (?:map_value|mem) access|access beyond|R\d+ (?:and R\d+ )?memory, len pair|arg#\d+ arg#\d+ memory, len pair|(?:R\d+ )?invalid zero-sized read|R\d+ invalid \w+ buffer access|R\d+ invalid variable buffer)`),
		say:     "this access is outside of the memory that it points to",
		hint:    "compare offset and size with the size of the map's value or of the record",
		doc:     `The memory behind the pointer has a known size, and the access reaches beyond it.`,
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
		id: "proof/context-constant", title: "a constant is stored into the context",
		pattern: pattern(`^BPF_ST stores into`),
		say:     "this kernel does not take a constant that one instruction stores into the context",
		hint:    "compile with -mcpu=v3, which stores from registers; kernels since 6.4 take both",
		doc:     `Compilers use instructions that store constants with -mcpu=v4. Kernels before 6.4 cannot rewrite them for the context.`,
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
		id: "proof/typed-access", title: "an access to a kernel object that its type does not allow",
		pattern: pattern(`^cannot access ptr member|^R\d+ is (?:ptr|bpf)_|^variable \w*ptr_ access|^R\d+ invalid (?:sock|tcp_sock|sock_common|xdp_sock) access|^invalid access to flow keys|^no write support`),
		say:     "the type of the kernel object does not allow this access",
		hint:    "read whole fields at constant offsets; copy the others with bpf_core_read or bpf_probe_read_kernel",
		doc:     `Typed pointers to kernel objects are followed by the types of the kernel: a read must lie within one field, pointers are read whole, and only few fields of few types can be written. Per-CPU variables are reached through bpf_this_cpu_ptr or bpf_per_cpu_ptr.`,
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
		id: "proof/read-only", title: "memory that is read-only is written",
		pattern: pattern(`cannot write into|write into map forbidden|may write into memory|only read (?:from|is)|does not allow writes|^write to change key`),
		say:     "this memory can only be read",
		hint:    "",
		doc:     `Maps with BPF_F_RDONLY_PROG (.rodata among them), many kernel objects and, for some program types, the packet are read-only.`,
	},
}
