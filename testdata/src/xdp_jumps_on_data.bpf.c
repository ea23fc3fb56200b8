// What a comparison proves about a number: bounds carry over to copies of it, and
// since 6.11 to a number that differs by a constant.
#include "net.h"

LICENSE("GPL");

u8 table[64];

SEC("xdp")
int masked(struct xdp_md *ctx) {
	return table[ctx->rx_queue_index & 63];
}

SEC("xdp")
int compared(struct xdp_md *ctx) {
	u64 at = ctx->rx_queue_index;
	OPAQUE(at);
	if (at >= sizeof(table))
		return XDP_PASS;
	return table[at];
}

SEC("xdp")
int signed_compare(struct xdp_md *ctx) {
	s64 at = (s32)ctx->rx_queue_index;
	OPAQUE(at);
	if (at >= 64)
		return XDP_PASS;
	return table[at]; // want "value -2147483648 makes map_value pointer be out of bounds"
}

SEC("xdp")
int off_by_one(struct xdp_md *ctx) {
	u64 at = ctx->rx_queue_index;
	OPAQUE(at);
	if (at > sizeof(table))
		return XDP_PASS;
	return table[at]; // want "R2 max value is outside of the allowed memory range"
}

SEC("xdp")
int summand(struct xdp_md *ctx) {
	u64 at = ctx->rx_queue_index, checked = at + 1;
	OPAQUE(at);
	OPAQUE(checked);
	if (checked > 8)
		return XDP_PASS;
	return table[at]; // want 5.10 6.1 "R2 unbounded memory access, make sure to bounds check any such access"
}

SEC("xdp")
int multiplied(struct xdp_md *ctx) {
	u64 at = ctx->rx_queue_index & 7;
	at = at * 8 + (ctx->ingress_ifindex & 7);
	OPAQUE(at);
	return table[at];
}
