// Loops that call a function for each number, and for each element of a map.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct sum {
	u64 total;
	u32 limit;
};

static long add(u32 index, struct sum *sum) {
	if (index > sum->limit)
		return 1;
	sum->total += index;
	return 0;
}

SEC("tc")
int loop(struct __sk_buff *skb) {
	struct sum sum = {.limit = skb->len};
	bpf_loop(1000, add, &sum, 0);
	return sum.total > 100 ? TC_SHOT : TC_OK;
}

static long visit(void *map, u32 *key, u64 *value, struct sum *sum) {
	sum->total += *value;
	*value = 0;
	return *key == sum->limit;
}

SEC("tc")
int each(struct __sk_buff *skb) {
	struct sum sum = {.limit = 9};
	bpf_for_each_map_elem(&counters, visit, &sum, 0);
	return sum.total > 100 ? TC_SHOT : TC_OK;
}

static long bad(u32 index, u64 *array) {
	array[index] = 1; // want "invalid unbounded variable-offset write to stack R2"
	return 0;
}

SEC("tc")
int overrun(struct __sk_buff *skb) {
	u64 array[8] = {};
	bpf_loop(8, bad, array, 0);
	return array[3];
}
