// What a caller holds when it calls: static functions may be called with a
// lock, global ones may not.
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

static NOINLINE u64 next(struct locked *l) {
	return ++l->count;
}

NOINLINE u64 plus_one(u64 n) {
	return n + 1;
}

SEC("tc")
int static_function(struct __sk_buff *skb) {
	u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&shared, &key);
	if (!l)
		return TC_OK;
	bpf_spin_lock(&l->lock);
	next(l);
	bpf_spin_unlock(&l->lock);
	return TC_OK;
}

SEC("tc")
int global_function(struct __sk_buff *skb) {
	u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&shared, &key);
	if (!l)
		return TC_OK;
	bpf_spin_lock(&l->lock);
	l->count = plus_one(l->count); // want "use static function instead"
	bpf_spin_unlock(&l->lock);
	return TC_OK;
}
