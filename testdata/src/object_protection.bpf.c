// Objects of the program that a map holds: RCU lets them be looked at, and those
// that can be in a list or tree are not the map's alone.
#include "graphs.h"

LICENSE("GPL");

extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

struct plain {
	u64 number;
};

struct counted {
	u64 number;
	struct bpf_refcount refs;
};

struct branch {
	struct bpf_rb_node node;
	struct plain TYPE_TAG("kptr") * plain;
	u64 number;
};

struct holder {
	struct plain TYPE_TAG("kptr") * plain;
	u64 number;
};

struct store {
	struct plain TYPE_TAG("kptr") * plain;
	struct counted TYPE_TAG("kptr") * counted;
	struct branch TYPE_TAG("kptr") * branch;
	struct holder TYPE_TAG("kptr") * holder;
	struct both TYPE_TAG("kptr") * both;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct store);
} stores SEC(".maps");

struct guarded {
	struct bpf_spin_lock lock;
	struct counted TYPE_TAG("kptr") * counted;
	struct both TYPE_TAG("kptr") * both;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guarded);
} guards SEC(".maps");

/* Without this the compiler describes no more than the names of some types. */
#define MAKE(type)              \
	do {                        \
		type *p = NEW(type);    \
		if (p)                  \
			DROP(p);            \
	} while (0)

SEC("tc")
int make_and_drop(void *ctx) {
	MAKE(struct counted);
	MAKE(struct holder);
	MAKE(struct both);
	return 0;
}

INLINE struct store *store(void) {
	u32 key = 0;
	return bpf_map_lookup_elem(&stores, &key);
}

/* What a pointer in a map leads to, with a number read, and perhaps written,
 * while RCU protects it. */
#define READ(name, section, field, before, after)  \
	SEC(section)                                   \
	int name(void *ctx) {                          \
		u64 n = 0;                                 \
		struct store *s = store();                 \
		if (!s)                                    \
			return 0;                              \
		before;                                    \
		typeof(s->field) p = s->field;             \
		if (p)                                     \
			n = p->number;                         \
		after;                                     \
		return n & 1;                              \
	}

#define WRITE(name, section, field, before, after) \
	SEC(section)                                   \
	int name(void *ctx) {                          \
		struct store *s = store();                 \
		if (!s)                                    \
			return 0;                              \
		before;                                    \
		typeof(s->field) p = s->field;             \
		if (p)                                     \
			p->number = 1;                         \
		after;                                     \
		return 0;                                  \
	}

READ(read_plain, "tc", plain, , )
READ(read_node, "tc", branch, , )
WRITE(write_plain, "tc", plain, , )
WRITE(write_node, "tc", branch, , )
READ(read_asleep, "syscall", plain, , )
READ(read_node_asleep, "syscall", branch, , )
WRITE(write_asleep, "syscall", plain, , ) // want program "only read is supported"
WRITE(write_node_asleep, "syscall", branch, , ) // want program "only read is supported"
READ(read_in_section, "syscall", plain, bpf_rcu_read_lock(), bpf_rcu_read_unlock())
WRITE(write_in_section, "syscall", branch, bpf_rcu_read_lock(), bpf_rcu_read_unlock())

/* ... and after the section. */
#define AFTER(name, field, use)            \
	SEC("syscall")                         \
	int name(void *ctx) {                  \
		u64 n = 0;                         \
		struct store *s = store();         \
		if (!s)                            \
			return 0;                      \
		bpf_rcu_read_lock();               \
		typeof(s->field) p = s->field;     \
		if (!p) {                          \
			bpf_rcu_read_unlock();         \
			return 0;                      \
		}                                  \
		bpf_rcu_read_unlock();             \
		use;                               \
		return n & 1;                      \
	}

AFTER(read_after_section, plain, n = p->number) // want program "verifier bug: ref_obj_id for allocated object must be non-zero"
AFTER(read_node_after_section, branch, n = p->number)
AFTER(write_after_section, plain, p->number = 1) // want program "verifier bug: ref_obj_id for allocated object must be non-zero"
AFTER(write_node_after_section, branch, p->number = 1)
AFTER(acquire_after_section, counted, DROP(ACQUIRE(p)))
AFTER(acquire_node_after_section, both, p = ACQUIRE(p); if (p) DROP(p))

SEC("tc")
int another_reference(void *ctx) {
	struct store *s = store();
	struct counted *p;
	if (!s)
		return 0;
	p = s->counted;
	if (!p)
		return 0;
	p = ACQUIRE(p);
	if (p)
		DROP(p);
	return 0;
}

SEC("tc")
int another_reference_for_sure(void *ctx) {
	struct store *s = store();
	struct counted *p;
	if (!s)
		return 0;
	p = s->counted;
	if (p)
		DROP(ACQUIRE(p)); // want 7.2 "Possibly NULL pointer passed to trusted R1"
	return 0;
}

SEC("tc")
int another_reference_to_node(void *ctx) {
	struct store *s = store();
	struct both *p;
	if (!s)
		return 0;
	p = s->both;
	if (p)
		DROP(ACQUIRE(p)); // want program "Possibly NULL pointer passed to trusted arg0"
	return 0;
}

SEC("tc")
int reference_without_fields(void *ctx) {
	struct plain *p = NEW(struct plain);
	if (!p)
		return 0;
	ACQUIRE(p); // want program "verifier bug: Couldn't find btf_record"
	DROP(p);
	return 0;
}

SEC("tc")
int exchange_null_or_not(void *ctx) {
	struct holder *p = NEW(struct holder);
	struct plain *old;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&p->plain, NEW(struct plain)); // want program "verifier bug: invalid PTR_TO_BTF_ID register for type match"
	if (old)
		DROP(old);
	DROP(p);
	return 0;
}

SEC("tc")
int drop_what_is_held(void *ctx) {
	struct store *s = store();
	struct plain *p;
	if (!s)
		return 0;
	p = s->plain;
	if (p)
		DROP(p);
	return 0;
} // want program "R1 must be referenced or trusted"

SEC("tc")
int exchange_within_node(void *ctx) {
	struct store *s = store();
	struct branch *p;
	struct plain *old;
	if (!s)
		return 0;
	p = s->branch;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&p->plain, NULL);
	if (old)
		DROP(old);
	return 0;
} // want program "R1 type=rcu_ptr_ expected=map_value, ptr_"

SEC("tc")
int exchange_within_protected(void *ctx) {
	struct store *s = store();
	struct holder *p;
	struct plain *old;
	if (!s)
		return 0;
	p = s->holder;
	if (!p)
		return 0;
	old = bpf_kptr_xchg(&p->plain, NULL);
	if (old)
		DROP(old);
	return 0;
} // want program "R1 type=rcu_ptr_ expected=map_value, ptr_"

SEC("tc")
int exchange_within_owned(void *ctx) {
	struct branch *p = NEW(struct branch);
	struct plain *old, *new;
	if (!p)
		return 0;
	new = NEW(struct plain);
	if (new) {
		old = bpf_kptr_xchg(&p->plain, new);
		if (old)
			DROP(old);
	}
	DROP(p);
	return 0;
}

/* A lock protects like RCU, as long as it is held. */
#define UNLOCKED(name, field, use)               \
	SEC("syscall")                               \
	int name(void *ctx) {                        \
		u32 key = 0;                             \
		u64 n = 0;                               \
		struct guarded *g = bpf_map_lookup_elem(&guards, &key); \
		if (!g)                                  \
			return 0;                            \
		bpf_spin_lock(&g->lock);                 \
		typeof(g->field) p = g->field;           \
		if (!p) {                                \
			bpf_spin_unlock(&g->lock);           \
			return 0;                            \
		}                                        \
		n = p->number;                           \
		bpf_spin_unlock(&g->lock);               \
		use;                                     \
		return n & 1;                            \
	}

UNLOCKED(read_locked, counted, )
UNLOCKED(read_unlocked, counted, n += p->number)
UNLOCKED(read_node_unlocked, both, n += p->number) // want program "R8 invalid mem access 'scalar'"
UNLOCKED(write_unlocked, counted, p->number = 1)
UNLOCKED(acquire_unlocked, counted, p = ACQUIRE(p); if (p) DROP(p))
