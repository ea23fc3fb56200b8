// A program that copes with packets in several buffers.
#include "net.h"

LICENSE("GPL");

SEC("xdp.frags")
int pass(struct xdp_md *ctx) {
	return start(ctx) + 60 > end(ctx) ? XDP_DROP : XDP_PASS;
}
