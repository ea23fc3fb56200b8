// Tail calls with constant and with varying indices, from functions, and what
// may not be held across them.
#include "net.h"

LICENSE("GPL");

struct locked {
	struct bpf_spin_lock lock;
	u64 count;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} shared SEC(".maps");

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} jumps SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} no_programs SEC(".maps");

SEC("tc")
int constant_index(struct __sk_buff *skb) {
	bpf_tail_call(skb, &jumps, 1);
	return TC_OK;
}

SEC("tc")
int varying_index(struct __sk_buff *skb) {
	bpf_tail_call(skb, &jumps, skb->mark);
	return TC_OK;
}

SEC("tc")
int index_beyond(struct __sk_buff *skb) {
	bpf_tail_call(skb, &jumps, 100);
	return TC_OK;
}

static NOINLINE int leave(struct __sk_buff *skb) {
	bpf_tail_call(skb, &jumps, 2);
	return 1;
}

SEC("tc")
int from_a_function(struct __sk_buff *skb) {
	return leave(skb) ? TC_SHOT : TC_OK;
}

SEC("tc")
int not_the_context(struct __sk_buff *skb) {
	u64 other = 0;
	bpf_tail_call(&other, &jumps, 1); // want "R1 type=fp expected=ctx"
	return TC_OK;
}

SEC("tc")
int not_an_array_of_programs(struct __sk_buff *skb) {
	bpf_tail_call(skb, &no_programs, 1); // want "expected prog array map for tail call"
	return TC_OK;
}

SEC("tc")
int with_a_lock(struct __sk_buff *skb) {
	u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&shared, &key);
	if (!l)
		return TC_OK;
	bpf_spin_lock(&l->lock);
	bpf_tail_call(skb, &jumps, 1); // want "function calls are not allowed while holding a lock"
	bpf_spin_unlock(&l->lock);
	return TC_OK;
}

SEC("tc")
int with_a_reference(struct __sk_buff *skb) {
	u32 tuple[3] = {};
	void *sk = bpf_sk_lookup_tcp(skb, tuple, 12, 0, 0);
	bpf_tail_call(skb, &jumps, 1); // want "tail_call would lead to reference leak"
	if (sk)
		bpf_sk_release(sk);
	return TC_OK;
}
