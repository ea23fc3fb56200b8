// Room in front of the packet that belongs to programs.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int tag(struct xdp_md *ctx) {
	u32 *meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_PASS;
	*meta = 42;
	return XDP_PASS;
}

SEC("xdp")
int mix(struct xdp_md *ctx) {
	u32 *meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	return *meta; // want "R1 offset is outside of the packet"
}
