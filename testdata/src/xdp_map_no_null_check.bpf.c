// Rejected: the lookup may find nothing.
#include "net.h"

LICENSE("GPL");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx) {
	u32 key = ctx->ingress_ifindex;
	u64 *n = bpf_map_lookup_elem(&seen, &key);
	++*n; // want "R0 invalid mem access 'map_value_or_null'"
	return XDP_PASS;
}
