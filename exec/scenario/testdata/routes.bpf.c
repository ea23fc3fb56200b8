// A router: sends packets where the machine's routes say.
#include "net.h"

LICENSE("GPL");

enum { AF_INET = 2 };

struct fib_lookup {
	u8 family, protocol;
	be16 sport, dport;
	u16 len;
	u32 ifindex, metric;
	be32 src[4], dst[4];
	u32 table;
	u8 smac[6], dmac[6];
};

HELPER(long, bpf_fib_lookup, 69, void *ctx, struct fib_lookup *params, int len, u32 flags);

SEC("xdp")
int router(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	struct ipv4 *ip = (void *)(eth + 1);
	struct fib_lookup p = {.family = AF_INET, .ifindex = 10};
	if ((void *)(ip + 1) > end(ctx) || eth->proto != net16(ETH_IP))
		return XDP_PASS;
	p.protocol = ip->proto;
	p.len = net16(ip->len);
	p.src[0] = ip->src;
	p.dst[0] = ip->dst;
	switch (bpf_fib_lookup(ctx, &p, sizeof p, 0)) {
	case 0:
		__builtin_memcpy(eth->dst, p.dmac, 6);
		__builtin_memcpy(eth->src, p.smac, 6);
		return bpf_redirect(p.ifindex, 0);
	case 1: // no way
	case 2:
	case 3:
		return XDP_DROP;
	}
	return XDP_PASS;
}
