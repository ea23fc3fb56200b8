// Kinds of BTF that came with later kernels: floating point (5.13), tags of
// declarations (5.16), tags of types (5.17) and 64-bit enumerations (6.0).
// Loaders replace them for kernels that lack them.
#include "bpf.h"

LICENSE("GPL");

enum wide { SMALL, LARGE = 1ull << 40 };

struct mixed {
	double ratio;
	enum wide wide;
	u32 TYPE_TAG("user") * address;
	u32 plain TAG("of interest");
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mixed);
} values SEC(".maps");

SEC("raw_tp/sched_switch")
int read(void *ctx) {
	u32 key = 0;
	struct mixed *m = bpf_map_lookup_elem(&values, &key);
	return m && m->wide == LARGE ? m->plain : 0;
}

SEC("raw_tp/sched_switch")
int beyond(void *ctx) {
	u32 key = 0;
	struct mixed *m = bpf_map_lookup_elem(&values, &key);
	return m ? m[1].plain : 0; // want "R0 min value is outside of the allowed memory range"
}
