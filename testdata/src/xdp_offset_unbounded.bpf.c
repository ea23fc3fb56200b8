// Rejected: an offset of 32 bits from the packet may be anything.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int follow(struct xdp_md *ctx) {
	u32 *offset = start(ctx);
	if ((void *)(offset + 1) > end(ctx))
		return XDP_PASS;
	u8 *p = (u8 *)start(ctx) + *offset;
	if ((void *)(p + 1) > end(ctx))
		return XDP_PASS;
	return *p ? XDP_DROP : XDP_PASS; // want "R1 offset is outside of the packet"
}
