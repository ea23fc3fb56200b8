package proof

// arguments are rows about what is passed to functions.
var arguments = []refusal{
	{
		id: "proof/field", title: "a field of a map's value is missing or elsewhere",
		pattern: pattern(`doesn't point to 'struct bpf_|cannot be accessed directly by load|^map '.*' (?:has no valid|has to have BTF|doesn't have|is not a struct)|^(?:timer|workqueue|bpf_task_work) pointer in R|doesn't have constant offset`),
		say:     "the value of the map has no such field at this place",
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
		id: "proof/release", title: "something is given back that was not acquired",
		pattern: pattern(`has not been acquired|expects? (?:refcounted|referenced)|passed to release func|is an unacquired reference`),
		say:     "what is given back here is not held",
		hint:    "give back just what the acquiring function returned, once, at its original address and after its NULL check",
		doc:     `Releasing functions take a pointer with a reference that the program holds: the very result of an acquiring function, not a copy that was read again from memory, nor one that was released before.`,
	},
	{
		id: "proof/trust", title: "a pointer that is not trusted where it must be",
		pattern: pattern(`^R\d+ must be (?:referenced|a rcu)|trusted (?:arg|R\d)`),
		say:     "the function wants a pointer that is known to be valid, and this one is not",
		hint:    "use it where it is still trusted: an argument of the hook, inside of an RCU section, or after acquiring a reference; check it for NULL",
		doc:     `Arguments of tracepoints and hooks are trusted, and so are objects whose reference the program holds. What is read from them mostly is not, may be NULL, or is valid only inside of an RCU read section.`,
	},
	{
		id: "proof/map", title: "a map that does not serve for this",
		pattern: pattern(`^cannot pass map_type|prog array map|read from map forbidden|progs? cannot use bpf_|readonly map|const string|zero-terminated|known constant|pointer in R\d+ isn.t map|doesn.t point to a map value|doesn.t support non-zero flags`),
		say:     "the map, or what is passed of it, does not serve for this call",
		hint:    "use a map of a type and with flags that the function takes; constants such as formats belong into .rodata",
		doc:     `Functions take certain types of maps only, and some want a constant from a read-only map that does not change any more.`,
	},
	{
		id: "proof/call", title: "a call with arguments that the function does not take",
		pattern: pattern(`^arg ?#?\d+|kernel function|^[Ee]xpected an? |is of type \w+ but|^helper call`),
		say:     "the function does not take these arguments",
		hint:    "",
		doc:     `The kernel's message names the argument and what is wrong with it.`,
	},
}
