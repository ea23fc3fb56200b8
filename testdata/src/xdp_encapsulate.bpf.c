// Makes room in front of the packet and writes a header there.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int encapsulate(struct xdp_md *ctx) {
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct ipv4)))
		return XDP_DROP;
	struct ethernet *eth = start(ctx);
	struct ethernet *old = (void *)eth + sizeof(struct ipv4);
	struct ipv4 *ip = (void *)(eth + 1);
	if ((void *)(old + 1) > end(ctx) || (void *)(ip + 1) > end(ctx))
		return XDP_DROP;
	__builtin_memcpy(eth, old, 12);
	eth->proto = net16(ETH_IP);
	ip->version_len = 0x45;
	ip->tos = 0;
	ip->ttl = 64;
	ip->proto = 4;
	ip->src = net32(0x0a000001);
	ip->dst = net32(0x0a000002);
	return XDP_TX;
}
