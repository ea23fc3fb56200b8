// The result of a function that is called in a loop says whether to go on: 0 or
// 1. What it is given must fit.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

static long stop(u32 index, void *ctx) {
	return 1;
}

static long two(u32 index, void *ctx) {
	return 2; // want "At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]"
}

static long forever(u32 index, void *ctx) {
	return bpf_loop(10, stop, 0, 0) > 0;
}

static long deeper(u32 index, struct __sk_buff **skb) {
	return (*skb)->len > 10;
}

static long remove(void *map, u32 *key, u64 *value, void *ctx) {
	bpf_map_delete_elem(map, key);
	return 0;
}

static long change_key(void *map, u32 *key, u64 *value, void *ctx) {
	*key = 1; // want "write to change key R2 not allowed"
	return 0;
}

SEC("tc")
int ends(struct __sk_buff *skb) {
	return bpf_loop(10, stop, 0, 0) > 3 ? TC_SHOT : TC_OK;
}

SEC("tc")
int result_too_large(struct __sk_buff *skb) {
	return bpf_loop(10, two, 0, 0) > 3 ? TC_SHOT : TC_OK;
}

SEC("tc")
int loop_in_loop(struct __sk_buff *skb) {
	return bpf_loop(10, forever, 0, 0) > 3 ? TC_SHOT : TC_OK;
}

SEC("tc")
int context_in_callback(struct __sk_buff *skb) {
	return bpf_loop(10, deeper, &skb, 0) > 3 ? TC_SHOT : TC_OK;
}

SEC("tc")
int flags_not_zero(struct __sk_buff *skb) {
	return bpf_loop(10, stop, 0, skb->mark) > 3 ? TC_SHOT : TC_OK;
}

SEC("tc")
int delete_while_walking(struct __sk_buff *skb) {
	bpf_for_each_map_elem(&counters, remove, 0, 0);
	return TC_OK;
}

SEC("tc")
int keys_stay(struct __sk_buff *skb) {
	bpf_for_each_map_elem(&counters, change_key, 0, 0);
	return TC_OK;
}
