// The smallest program for a network device.
#include "net.h"

LICENSE("Dual MIT/GPL");

SEC("xdp")
int pass(struct xdp_md *ctx) {
	return XDP_PASS;
}
