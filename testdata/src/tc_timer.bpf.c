// A timer in a map's value calls back later.
#include "net.h"

LICENSE("GPL");

struct entry {
	u64 packets;
	struct bpf_timer timer;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps");

static int expire(void *map, u32 *key, struct entry *entry) {
	entry->packets = 0;
	bpf_timer_start(&entry->timer, 1000000000, 0);
	return 0;
}

SEC("tc")
int arm(struct __sk_buff *skb) {
	u32 key = 0;
	struct entry *entry = bpf_map_lookup_elem(&entries, &key);
	if (!entry)
		return TC_OK;
	if (entry->packets++ == 0) {
		bpf_timer_init(&entry->timer, &entries, 1);
		bpf_timer_set_callback(&entry->timer, expire);
		bpf_timer_start(&entry->timer, 1000000000, 0);
	}
	return TC_OK;
}

SEC("tc")
int on_stack(struct __sk_buff *skb) {
	struct bpf_timer timer = {};
	bpf_timer_init(&timer, &entries, 1); // want "R1 type=fp expected=map_value"
	return TC_OK;
}
