// Helpers that call functions before they return: arguments, results, and what
// they may do.
#include "net.h"

LICENSE("GPL");

HELPER(long, bpf_user_ringbuf_drain, 209, void *map, void *callback, void *ctx, u64 flags);

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, MAP_QUEUE);
	__uint(max_entries, 16);
	__uint(value_size, 4);
} queue SEC(".maps");

struct {
	__uint(type, MAP_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static long stop(u32 i, void *ctx) { return 1; }
static long returns_two(u32 i, void *ctx) { return 2; } // want program "At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]"
static long returns_index(u32 i, void *ctx) { return i; } // want program "At callback return the register R0 has smin=0 smax=4294967295 should have been in [0, 1]"
static long returns_context(u32 i, void *ctx) { return (long)ctx; } // want program "cannot return stack pointer to the caller"

SEC("tc")
int result(struct __sk_buff *skb) { return bpf_loop(10, stop, NULL, 0); }

SEC("tc")
int result_too_big(struct __sk_buff *skb) { return bpf_loop(10, returns_two, NULL, 0); }

SEC("tc")
int result_unknown(struct __sk_buff *skb) { return bpf_loop(10, returns_index, NULL, 0); }

SEC("tc")
int result_no_number(struct __sk_buff *skb) {
	u64 x = 0;
	return bpf_loop(10, returns_context, &x, 0);
}

static long count(u32 i, u32 *n) {
	++*n;
	return 0;
}

SEC("tc")
int counts(struct __sk_buff *skb) {
	u32 n = 0;
	bpf_loop(1 << 20, count, &n, 0);
	return n > 4;
}

SEC("tc")
int count_is_unknown(struct __sk_buff *skb) {
	u64 table[4] = {};
	u32 n = 0;
	bpf_loop(skb->len & 1, count, &n, 0);
	OPAQUE(n);
	return *(volatile u64 *)&table[n]; // want "invalid unbounded variable-offset read from stack R2"
}

static long once_more(u32 i, u64 **p) {
	if (*p)
		**p = i;
	*p = NULL;
	return 0;
}

SEC("tc")
int pointer_in_context(struct __sk_buff *skb) {
	u64 x = 1, *p = &x;
	bpf_loop(skb->len, once_more, &p, 0);
	return x;
}

static long lose(u32 i, u64 **p) {
	**p = i; // want "R3 invalid mem access 'scalar'"
	*p = NULL;
	return 0;
}

SEC("tc")
int second_turn_is_bad(struct __sk_buff *skb) {
	u64 x = 1, *p = &x;
	bpf_loop(skb->len, lose, &p, 0);
	return x;
}

static long outer(u32 i, u32 *n) {
	bpf_loop(10, count, n, 0);
	return 0;
}

SEC("tc")
int nested(struct __sk_buff *skb) {
	u32 n = 0;
	bpf_loop(10, outer, &n, 0);
	return n > 4;
}

static long each(void *map, u32 *key, u64 *value, u64 *total) {
	*total += *value + *key;
	return 0;
}

static long writes_key(void *map, u32 *key, u64 *value, u64 *total) {
	*key = 1; // want program "write to change key R2 not allowed"
	return 0;
}

static long deletes(void *map, u32 *key, u64 *value, u64 *total) {
	bpf_map_delete_elem(map, key);
	return 0;
}

SEC("tc")
int elements(struct __sk_buff *skb) {
	u64 total = 0;
	bpf_for_each_map_elem(&hash, each, &total, 0);
	return total > 4;
}

SEC("tc")
int elements_key(struct __sk_buff *skb) {
	u64 total = 0;
	return bpf_for_each_map_elem(&hash, writes_key, &total, 0);
}

SEC("tc")
int elements_delete(struct __sk_buff *skb) { return bpf_for_each_map_elem(&hash, deletes, NULL, 0); }

SEC("tc")
int elements_no_context(struct __sk_buff *skb) {
	return bpf_for_each_map_elem(&hash, each, NULL, 0); // want program "R4 invalid mem access 'scalar'"
}

SEC("tc")
int elements_of_queue(struct __sk_buff *skb) {
	return bpf_for_each_map_elem(&queue, deletes, NULL, 0); // want "callback function not allowed for map"
}

static long take(const void *dynptr, u64 *total) {
	u64 x = 0;
	if (!bpf_dynptr_read(&x, sizeof(x), dynptr, 0, 0))
		*total += x;
	return 0;
}

SEC("tc")
int drain(struct __sk_buff *skb) {
	u64 total = 0;
	bpf_user_ringbuf_drain(&commands, take, &total, 0);
	return total > 4;
}

static long acquires(u32 i, void **slot) {
	*slot = bpf_ringbuf_reserve(&events, 8, 0);
	return 0;
}

SEC("tc")
int leak_in_callback(struct __sk_buff *skb) {
	void *e = NULL;
	bpf_loop(1, acquires, &e, 0);
	if (e)
		bpf_ringbuf_discard(e, 0);
	return TC_OK;
}

static long releases(u32 i, void **slot) {
	bpf_ringbuf_discard(*slot, 0);
	return 0;
}

SEC("tc")
int release_in_callback(struct __sk_buff *skb) {
	void *e = bpf_ringbuf_reserve(&events, 8, 0);
	if (!e)
		return TC_OK;
	bpf_loop(1, releases, &e, 0);
	return TC_OK; // want program "BPF_EXIT instruction in main prog would lead to reference leak"
}

static long both(u32 i, void *ctx) {
	void *e = bpf_ringbuf_reserve(&events, 8, 0);
	if (e)
		bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tc")
int acquire_and_release(struct __sk_buff *skb) { return bpf_loop(100, both, NULL, 0); }

NOINLINE long visible(u32 i, void *ctx) { return 0; }

SEC("tc")
int not_static(struct __sk_buff *skb) {
	return bpf_loop(10, visible, NULL, 0); // want "callback function not static"
}
