// Hands over to other programs, by an index that is known and by one that is not.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} stages SEC(".maps");

SEC("xdp")
int first(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &stages, 1);
	return XDP_PASS;
}

SEC("xdp")
int any(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &stages, ctx->rx_queue_index);
	return XDP_DROP;
}

static NOINLINE int next(struct xdp_md *ctx) {
	bpf_tail_call(ctx, &stages, 2);
	return XDP_ABORTED;
}

SEC("xdp")
int from_function(struct xdp_md *ctx) {
	return next(ctx) == XDP_ABORTED ? XDP_DROP : XDP_PASS;
}
