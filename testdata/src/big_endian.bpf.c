// The same packet program for machines with the other byte order.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int drop_tcp(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	struct ipv4 *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end(ctx))
		return XDP_PASS;
	return eth->proto == net16(ETH_IP) && ip->proto == IP_TCP ? XDP_DROP : XDP_PASS;
}
