// What a tail call demands of its arguments.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} stages SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} numbers SEC(".maps");

SEC("xdp")
int calls(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &stages, 3);
	return XDP_PASS;
}

SEC("xdp")
int wrong_map(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &numbers, 3); // want "expected prog array map for tail call"
	return XDP_PASS;
}

SEC("xdp")
int wrong_context(struct xdp_md *ctx) {
	u64 copy = 0;
	bpf_tail_call(&copy, &stages, 3); // want "R1 type=fp expected=ctx"
	return XDP_PASS;
}

SEC("xdp")
int looks_into(struct xdp_md *ctx) {
	u32 index = 3;
	return bpf_map_lookup_elem(&stages, &index) ? XDP_PASS : XDP_DROP; // want "cannot pass map_type 3 into func bpf_map_lookup_elem#1"
}
