// Counts packets by IP protocol in an array of every CPU.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} packets SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx) {
	struct ethernet *eth = start(ctx);
	struct ipv4 *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end(ctx))
		return XDP_PASS;
	if (eth->proto != net16(ETH_IP))
		return XDP_PASS;
	u32 key = ip->proto;
	u64 *n = bpf_map_lookup_elem(&packets, &key);
	if (n)
		++*n;
	return XDP_PASS;
}
