// Rejected: the context of XDP is read only.
#include "net.h"

LICENSE("GPL");

SEC("xdp")
int lie(struct xdp_md *ctx) {
	ctx->ingress_ifindex = 1; // want "invalid bpf_context access off=12 size=4"
	return XDP_PASS;
}
