// Redirects through maps of devices, CPUs and sockets of AF_XDP.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_DEVMAP);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u32);
} ports SEC(".maps");

struct {
	__uint(type, MAP_CPUMAP);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} cpus SEC(".maps");

struct {
	__uint(type, MAP_XSKMAP);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

SEC("xdp")
int to_device(struct xdp_md *ctx) {
	return bpf_redirect_map(&ports, ctx->ingress_ifindex, XDP_PASS);
}

SEC("xdp")
int to_cpu(struct xdp_md *ctx) {
	return bpf_redirect_map(&cpus, bpf_get_smp_processor_id() & 7, XDP_DROP);
}

SEC("xdp")
int to_socket(struct xdp_md *ctx) {
	u32 queue = ctx->rx_queue_index;
	if (bpf_map_lookup_elem(&sockets, &queue))
		return bpf_redirect_map(&sockets, queue, 0);
	return XDP_PASS;
}
