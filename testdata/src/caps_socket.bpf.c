// Programs of one type that take different capabilities.
#include "bpf.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

// Takes none.
SEC("socket")
int plain(void *ctx) {
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&counts, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

// Takes CAP_PERFMON: an address would get into a map.
SEC("socket")
int stores_address(void *ctx) {
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&counts, &key);
	if (count)
		*count = (u64)ctx;
	return 0;
}

// Takes CAP_PERFMON: the address gets out.
SEC("socket")
int returns_address(void *ctx) { return (u64)ctx; }

static NOINLINE u64 twice(u64 n) {
	OPAQUE(n);
	return 2 * n;
}

// Takes CAP_BPF: it has two functions.
SEC("socket")
int calls(void *ctx) { return twice(bpf_get_prandom_u32()) & 1; }

// Takes CAP_BPF and CAP_PERFMON: it loops, which is endless on a mispredicted path.
SEC("socket")
int loops(void *ctx) {
	u64 sum = 0;
	for (u32 i = 0; i < 100; i++) {
		sum += i;
		OPAQUE(sum);
	}
	return sum & 1;
}
