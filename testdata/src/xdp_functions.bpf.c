// A static function is followed from its callers, a global one is verified once
// for all arguments, and may not get anything but numbers, the context and
// pointers to memory of a known size.
#include "net.h"

LICENSE("GPL");

struct flow {
	be32 src, dst;
	be16 sport, dport;
};

static NOINLINE int parse(struct xdp_md *ctx, struct flow *flow) {
	struct ethernet *eth = start(ctx);
	struct ipv4 *ip = (void *)(eth + 1);
	struct udp *udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end(ctx))
		return 0;
	if (eth->proto != net16(ETH_IP) || ip->version_len != 0x45 || ip->proto != IP_UDP)
		return 0;
	flow->src = ip->src;
	flow->dst = ip->dst;
	flow->sport = udp->src;
	flow->dport = udp->dst;
	return 1;
}

NOINLINE u32 hash_of(const struct flow *flow, u32 seed) {
	if (!flow)
		return 0;
	u32 h = seed ^ flow->src;
	h = (h << 5 | h >> 27) ^ flow->dst;
	return (h << 7 | h >> 25) ^ flow->sport ^ (u32)flow->dport << 16;
}

NOINLINE int too_long(struct xdp_md *ctx) {
	return ctx->data_end - ctx->data > 1500;
}

SEC("xdp")
int balance(struct xdp_md *ctx) {
	struct flow flow = {};
	if (!parse(ctx, &flow) || too_long(ctx))
		return XDP_PASS;
	return hash_of(&flow, 17) & 1 ? XDP_TX : XDP_PASS;
}
