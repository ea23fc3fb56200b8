// Maps without keys: queue, stack and Bloom filter; and a trie of prefixes.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_QUEUE);
	__uint(max_entries, 32);
	__type(value, u64);
} queue SEC(".maps");

struct {
	__uint(type, MAP_STACK);
	__uint(max_entries, 32);
	__type(value, u64);
} stack SEC(".maps");

struct prefix {
	u32 bits;
	be32 address;
};

struct {
	__uint(type, MAP_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, u32);
} routes SEC(".maps");

SEC("tc")
int move(struct __sk_buff *skb) {
	u64 value = skb->len;
	bpf_map_push_elem(&queue, &value, 0);
	if (!bpf_map_pop_elem(&stack, &value) && value > 100)
		return TC_SHOT;
	return TC_OK;
}

SEC("tc")
int route(struct __sk_buff *skb) {
	struct prefix key = {32, 0};
	if (bpf_skb_load_bytes(skb, 30, &key.address, 4))
		return TC_OK;
	u32 *ifindex = bpf_map_lookup_elem(&routes, &key);
	return ifindex ? bpf_redirect(*ifindex, 0) : TC_OK;
}

SEC("tc")
int look_into(struct __sk_buff *skb) {
	u32 key = 0;
	u64 *value = bpf_map_lookup_elem(&queue, &key); // want "invalid zero-sized read"
	return value ? TC_SHOT : TC_OK;
}
