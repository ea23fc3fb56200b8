// A lookup in a map of maps gives a map, and may give none.
#include "net.h"

LICENSE("GPL");

struct inner {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, MAP_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} by_mark SEC(".maps");

struct {
	__uint(type, MAP_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct inner);
} by_index SEC(".maps") = {.values = {[0] = &first, [1] = &second}};

SEC("tc")
int count(struct __sk_buff *skb) {
	u32 mark = skb->mark, zero = 0;
	void *map = bpf_map_lookup_elem(&by_mark, &mark);
	if (!map)
		map = bpf_map_lookup_elem(&by_index, &zero);
	if (!map)
		return TC_OK;
	u64 *n = bpf_map_lookup_elem(map, &zero);
	if (n)
		++*n;
	return TC_OK;
}

SEC("tc")
int unchecked(struct __sk_buff *skb) {
	u32 mark = skb->mark, zero = 0;
	void *map = bpf_map_lookup_elem(&by_mark, &mark);
	u64 *n = bpf_map_lookup_elem(map, &zero); // want "R1 type=map_value_or_null expected=map_ptr"
	return n ? TC_SHOT : TC_OK;
}
