// An inner map that may be replaced by one of another size: a constant key that is
// in bounds of the one may be out of bounds of the other.
#include "net.h"

LICENSE("GPL");

#define F_INNER_MAP (1 << 12)

struct {
	__uint(type, MAP_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, MAP_ARRAY);
			__uint(max_entries, 4);
			__uint(map_flags, F_INNER_MAP);
			__type(key, u32);
			__type(value, u64);
		});
} outer SEC(".maps");

SEC("tc")
int unchecked(struct __sk_buff *skb) {
	u32 zero = 0;
	u64 *n;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	if (!map)
		return TC_OK;
	n = bpf_map_lookup_elem(map, &zero);
	++*n; // want 5.10 6.1 6.12 7.2 "R0 invalid mem access 'map_value_or_null'"
	return TC_OK;
}

SEC("tc")
int checked(struct __sk_buff *skb) {
	u32 zero = 0;
	u64 *n;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	if (!map)
		return TC_OK;
	n = bpf_map_lookup_elem(map, &zero);
	if (n)
		++*n;
	return TC_OK;
}
