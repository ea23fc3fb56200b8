// The length of the IP header is a number from the packet; a check against the
// packet's end is needed for what follows it.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int drop_port_22(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	struct ipv4 *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end(ctx) || eth->proto != net16(ETH_IP) || ip->proto != IP_TCP)
		return XDP_PASS;
	struct tcp *tcp = (void *)ip + (ip->version_len & 15) * 4;
	if ((void *)(tcp + 1) > end(ctx))
		return XDP_PASS;
	return tcp->dst == net16(22) ? XDP_DROP : XDP_PASS;
}
