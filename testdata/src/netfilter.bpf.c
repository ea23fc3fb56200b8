// A hook of the packet filter, on kernels from 6.4.
#include "bpf.h"

LICENSE("GPL");

struct sk_buff {
	unsigned int len;
} CORE;

struct nf_hook_state {
	u8 hook, pf;
} CORE;

struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
} CORE;

SEC("netfilter")
int filter(struct bpf_nf_ctx *ctx) {
	return ctx->skb->len > 9000 ? 0 : 1;
}

SEC("netfilter")
int queue(struct bpf_nf_ctx *ctx) {
	return 3; // want "At program exit the register R0 has smin=3 smax=3 should have been in [0, 1]"
}
