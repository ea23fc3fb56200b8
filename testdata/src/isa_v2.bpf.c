// Without the jumps and arithmetic on 32 bits: shifts clear the upper half.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int parity(struct xdp_md *ctx) {
	u32 x = ctx->rx_queue_index, n = 0;
	for (int i = 0; i < 32; i++)
		n += x >> i & 1;
	return n & 1 ? XDP_DROP : XDP_PASS;
}
