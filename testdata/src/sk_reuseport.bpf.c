// Which of the sockets that share a port gets a packet.
#include "bpf.h"

LICENSE("GPL");

struct sk_reuseport_md {
	void *data __attribute__((aligned(8)));
	void *data_end __attribute__((aligned(8)));
	u32 len, eth_protocol, ip_protocol, bind_inany, hash;
};

struct {
	__uint(type, MAP_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

SEC("sk_reuseport")
int choose(struct sk_reuseport_md *ctx) {
	u32 key = ctx->hash & 15;
	return bpf_sk_select_reuseport(ctx, &sockets, &key, 0) ? 0 : 1;
}
