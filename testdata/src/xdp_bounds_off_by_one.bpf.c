// Rejected: the check proves 14 bytes, the read needs the 15th.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int version(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	if ((void *)(eth + 1) > end(ctx))
		return XDP_PASS;
	u8 *first = (u8 *)(eth + 1);
	if (*first >> 4 == 6) // want "R2 offset is outside of the packet"
		return XDP_DROP;
	return XDP_PASS;
}
