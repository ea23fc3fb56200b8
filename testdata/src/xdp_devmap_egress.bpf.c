// The interface that a packet leaves by is known in programs of a devmap only.
#include "net.h"

LICENSE("GPL");

SEC("xdp/devmap")
int leave(struct xdp_md *ctx) {
	return ctx->egress_ifindex == 1 ? XDP_DROP : XDP_PASS;
}

SEC("xdp/cpumap")
int on_cpu(struct xdp_md *ctx) {
	return XDP_PASS;
}

SEC("xdp")
int enter(struct xdp_md *ctx) {
	return ctx->egress_ifindex == 1 ? XDP_DROP : XDP_PASS; // want "invalid bpf_context access off=20 size=4"
}
