package proof

// objects are rows about what a program holds: references, locks, sections, objects.
var objects = []refusal{
	{
		id: "proof/leak", title: "a reference or a lock is kept",
		pattern: pattern(`reference leak|^Unreleased reference|cannot be used inside|is missing$|while holding a lock`),
		say:     "a reference, lock or region that was acquired before is still held here",
		hint:    "release it on every path: bpf_ringbuf_submit or discard, bpf_sk_release, bpf_spin_unlock, ...",
		doc:     `What a program acquires it must release on every path before it ends, tail-calls or calls certain functions.`,
	},
	{
		id: "proof/kptr", title: "a kernel pointer in a map is used as it must not be",
		pattern: pattern(`\bkptr|\buptr`),
		say:     "this is not how a kernel pointer in a map can be accessed",
		hint:    "read an unreferenced one with a plain 8-byte load; exchange a referenced one with bpf_kptr_xchg",
		doc:     `Fields tagged __kptr hold pointers that the kernel counts. They change only by bpf_kptr_xchg, with an object of their very type whose reference the program holds, or NULL. Fields tagged __kptr_untrusted take plain stores of 8 bytes.`,
	},
	{
		id: "proof/dynptr", title: "a dynptr is used as it must not be",
		pattern: pattern(`[Dd]ynptr`),
		say:     "this is not how a dynptr can be used here",
		hint:    "initialise it once by its function, give it back where that is asked for, and reach its bytes by bpf_dynptr_read, write, data or slice",
		doc:     `A dynptr lives on the stack, is made by a function such as bpf_ringbuf_reserve_dynptr or bpf_dynptr_from_skb, and is opaque: the program cannot read or write its 16 bytes, nor overwrite one that holds a reference.`,
	},
	{
		id: "proof/iterator", title: "an iterator is used as it must not be",
		pattern: pattern(`iter_\w+|iterator`),
		say:     "this is not how an iterator can be used here",
		hint:    "use bpf_for, bpf_for_each or bpf_repeat of libbpf, which create, advance and destroy it in order",
		doc:     `An iterator lives on the stack. It is created once, advanced until it returns NULL, and destroyed on every path.`,
	},
	{
		id: "proof/section", title: "a section of RCU, preemption or interrupts is not paired",
		pattern: pattern(`rcu read|rcu_read|preempt|irq (?:flag|state)|IRQ|local_irq`),
		say:     "sections of RCU, preemption and interrupts must be entered and left in pairs",
		hint:    "leave each section on every path, in the reverse order, with the flag that entering it gave",
		doc:     `bpf_rcu_read_lock, bpf_preempt_disable, bpf_local_irq_save and their counterparts must pair on every path of the same function. Interrupts are restored in the reverse order of saving them.`,
	},
	{
		id: "proof/own-objects", title: "an object, list or tree of the program is used as it must not be",
		pattern: pattern(`bpf_(?:list_head|list_node|rb_root|rb_node|refcount)|allocated object|bpf_(?:percpu_)?obj_drop`),
		say:     "this does not fit the type of the object, list or tree",
		hint:    "pass the node or root that the type has at this place, tagged with what it contains, and objects that bpf_obj_new made",
		doc:     `Objects from bpf_obj_new, their nodes and the lists and trees that hold them are found by the types in the BTF of the program, with __contains tags on roots.`,
	},
	{
		id: "proof/lock", title: "a lock is not taken or given back as it must be",
		pattern: pattern(`spin_(?:un)?lock|deadlock`),
		say:     "locks must be taken, held and given back in the right places",
		hint:    "take one lock at a time and unlock it on every path; hold the lock of a list or tree while you use it",
		doc:     `A program holds one bpf_spin_lock at a time (bpf_res_spin_lock nest and are given back in the reverse order), calls nothing but a few functions meanwhile, and never reads or writes the lock itself. Tracing programs cannot use bpf_spin_lock.`,
	},
	{
		id: "proof/exception", title: "an exception callback that cannot be used",
		pattern: pattern(`^exception`),
		say:     "the exception callback of this program cannot be used",
		hint:    "name a global function of this object that takes the cookie and returns a number",
		doc:     `The tag __exception_cb names a function of the program that takes what bpf_throw was given. It is not static, and is not called by the program.`,
	},
	{
		id: "proof/arena", title: "an arena that has no address",
		pattern: pattern(`^arena|^addr_space_cast`),
		say:     "the arena is not set up for this",
		hint:    "give the arena an address (map_extra) or map it before the program is loaded",
		doc:     `Pointers to an arena are addresses of the user process that maps it, so that address must be known when the program is loaded.`,
	},
}
