// Maps as they were defined before BTF, which today's loaders refuse.
#include "net.h"

LICENSE("GPL");

struct bpf_map_def {
	u32 type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def counters SEC("maps") = {
	.type = MAP_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 4,
};

SEC("classifier")
int count(struct __sk_buff *skb) {
	u32 key = skb->pkt_type & 3;
	u64 *n = bpf_map_lookup_elem(&counters, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	return -1;
}

SEC("action") // want program "R0 invalid mem access 'map_value_or_null'"
int unchecked(struct __sk_buff *skb) {
	u32 key = skb->pkt_type;
	u64 *n = bpf_map_lookup_elem(&counters, &key);
	return *n;
}

// An element of an array whose index is known is there: since 6.14 this needs no
// check. // want 5.10 6.1 6.12 program "R0 invalid mem access"
SEC("action")
int known_index(struct __sk_buff *skb) {
	u32 key = 3;
	u64 *n = bpf_map_lookup_elem(&counters, &key);
	return *n;
}
