// Rejected: the packet is read before its length is known.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int drop_ipv6(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	if (eth->proto == net16(ETH_IP6)) // want "R1 offset is outside of the packet"
		return XDP_DROP;
	return XDP_PASS;
}
