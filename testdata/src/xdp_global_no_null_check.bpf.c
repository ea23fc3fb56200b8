// Rejected: a global function is verified without its callers, so its pointer
// may be null.
#include "net.h"

LICENSE("GPL");

struct pair {
	u64 a, b;
};

NOINLINE u64 total(struct pair *pair) {
	return pair->a + pair->b; // want "R1 invalid mem access 'mem_or_null'"
}

SEC("xdp")
int sum(struct xdp_md *ctx) {
	struct pair pair = {ctx->ingress_ifindex, ctx->rx_queue_index};
	return total(&pair) > 3 ? XDP_DROP : XDP_PASS;
}
