// A lock in a map's value protects its other members.
#include "net.h"

LICENSE("GPL");

struct bucket {
	struct bpf_spin_lock lock;
	u32 tokens;
	u64 filled;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("tc")
int take(struct __sk_buff *skb) {
	u32 key = skb->ifindex;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);
	if (!b)
		return TC_OK;
	int verdict = TC_SHOT;
	u64 now = bpf_ktime_get_ns();
	bpf_spin_lock(&b->lock);
	if (now - b->filled > 1000000) {
		b->tokens = 10;
		b->filled = now;
	}
	if (b->tokens) {
		b->tokens--;
		verdict = TC_OK;
	}
	bpf_spin_unlock(&b->lock);
	return verdict;
}

SEC("tc")
int call_inside(struct __sk_buff *skb) {
	u32 key = skb->ifindex;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);
	if (!b)
		return TC_OK;
	bpf_spin_lock(&b->lock);
	b->filled = bpf_ktime_get_ns(); // want "function calls are not allowed while holding a lock"
	bpf_spin_unlock(&b->lock);
	return TC_OK;
}

SEC("tc")
int forget(struct __sk_buff *skb) {
	u32 key = skb->ifindex;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);
	if (!b)
		return TC_OK;
	bpf_spin_lock(&b->lock);
	b->tokens++;
	return TC_OK;
} // want "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region"
