// A program whose functions freplace.bpf.c replaces.
#include "net.h"

LICENSE("GPL");

struct pair {
	u32 a, b;
};

NOINLINE int number(u32 n) {
	OPAQUE(n);
	return n;
}

NOINLINE int too_long(struct xdp_md *ctx) {
	return ctx->data_end - ctx->data > 1500;
}

NOINLINE int moves(struct xdp_md *ctx) {
	return bpf_xdp_adjust_head(ctx, 0);
}

static NOINLINE int hidden(u32 n) {
	OPAQUE(n);
	return n * 3;
}

static NOINLINE int looks_at_memory(struct pair *p) {
	OPAQUE(p);
	return p->a;
}

SEC("xdp")
int main_program(struct xdp_md *ctx) {
	struct pair pair = {1, 2};
	if (too_long(ctx) || number(ctx->rx_queue_index) > 4 || moves(ctx))
		return XDP_DROP;
	return hidden(ctx->ingress_ifindex) + looks_at_memory(&pair) ? XDP_PASS : XDP_TX;
}
