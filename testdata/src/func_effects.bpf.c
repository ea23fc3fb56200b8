// What a call of a function that is verified alone does to its caller: packet
// pointers, locks and sleeping.
#include "net.h"

LICENSE("GPL");

/* Values that the compiler does not carry into the functions that get them. */
INLINE void *null(void) {
	void *p = NULL;
	OPAQUE(p);
	return p;
}

INLINE u32 number(u32 n) {
	OPAQUE(n);
	return n;
}

struct entry {
	struct bpf_spin_lock lock;
	u32 count;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps");

NOINLINE int pull(struct __sk_buff *skb) { return bpf_skb_pull_data(skb, 0); }

NOINLINE int pull_deeper(struct __sk_buff *skb) { return pull(skb) + 1; }

NOINLINE int keep(struct __sk_buff *skb) { return skb->mark; }

NOINLINE int pull_and_look(struct __sk_buff *skb, u32 *n) {
	bpf_skb_pull_data(skb, 0);
	return n ? *n : 0;
}

static NOINLINE int pull_static(struct __sk_buff *skb) { return bpf_skb_pull_data(skb, 0); }

NOINLINE int count(struct entry *e) { return e ? e->count : 0; }

NOINLINE int add_one(u32 n) { return n + 1; }

static NOINLINE int add_two(u32 n) {
	BARRIER();
	return n + 2;
}

NOINLINE int reads_user(u64 address) {
	u32 n = 0;
	bpf_copy_from_user(&n, sizeof(n), (void *)address);
	return n;
}

#define PACKET(skb)                                                                                                            \
	u8 *p = skb_start(skb);                                                                                                \
	if ((void *)(p + 1) > skb_end(skb))                                                                                    \
	return TC_OK

SEC("tc")
int keeps_packet(struct __sk_buff *skb) {
	PACKET(skb);
	keep(skb);
	return *p;
}

SEC("tc")
int loses_packet(struct __sk_buff *skb) {
	PACKET(skb);
	pull(skb);
	return *p; // want "R6 invalid mem access 'scalar'"
}

SEC("tc")
int loses_packet_deeper(struct __sk_buff *skb) {
	PACKET(skb);
	pull_deeper(skb);
	return *p; // want "R6 invalid mem access 'scalar'"
}

SEC("tc")
int loses_packet_followed(struct __sk_buff *skb) {
	PACKET(skb);
	pull_static(skb);
	return *p; // want "R6 invalid mem access 'scalar'"
}

SEC("tc")
int passes_packet_that_changes(struct __sk_buff *skb) {
	u32 *n = skb_start(skb);
	if ((void *)(n + 1) > skb_end(skb))
		return TC_OK;
	return pull_and_look(skb, n);
}

#define LOCKED(call)                                                                                                           \
	u32 key = 0, n;                                                                                                        \
	struct entry *e = bpf_map_lookup_elem(&entries, &key);                                                                 \
	if (!e)                                                                                                                \
		return TC_OK;                                                                                                  \
	bpf_spin_lock(&e->lock);                                                                                               \
	n = call;                                                                                                              \
	bpf_spin_unlock(&e->lock);                                                                                             \
	return n

SEC("tc")
int global_with_lock(struct __sk_buff *skb) {
	LOCKED(add_one(number(3))); // want program "use static function instead"
}

SEC("tc")
int static_with_lock(struct __sk_buff *skb) { LOCKED(add_two(number(3))); }

SEC("tc")
int value_with_lock_field(struct __sk_buff *skb) {
	u32 key = 0;
	return count(bpf_map_lookup_elem(&entries, &key)); // want "Caller passes invalid args into func#1 ('count')"
}

SEC("fentry.s/bpf_fentry_test1")
int sleeps(u64 *ctx) { return reads_user(ctx[0]) & 0; }

SEC("fentry/bpf_fentry_test1")
int must_not_sleep(u64 *ctx) {
	return reads_user(ctx[0]) & 0; // want "a non-sleepable BPF program context"
}
