// Chooses the socket for a new connection.
#include "net.h"

LICENSE("GPL");

struct bpf_sk_lookup {
	struct bpf_sock *sk __attribute__((aligned(8)));
	u32 family, protocol, remote_ip4, remote_ip6[4];
	be16 remote_port;
	u16 : 16;
	u32 local_ip4, local_ip6[4], local_port, ingress_ifindex;
};

struct {
	__uint(type, MAP_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} servers SEC(".maps");

SEC("sk_lookup")
int choose(struct bpf_sk_lookup *ctx) {
	if (ctx->local_port < 8000 || ctx->local_port > 8100)
		return 1;
	u32 key = ctx->local_port & 3;
	struct bpf_sock *sk = bpf_map_lookup_elem(&servers, &key);
	if (!sk)
		return 0;
	long err = bpf_sk_assign(ctx, sk, 0);
	bpf_sk_release(sk);
	return err ? 0 : 1;
}

SEC("sk_lookup")
int kept(struct bpf_sk_lookup *ctx) {
	u32 key = 0;
	struct bpf_sock *sk = bpf_map_lookup_elem(&servers, &key);
	return sk ? 1 : 0; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("sk_lookup")
int third(struct bpf_sk_lookup *ctx) {
	return 2; // want "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]"
}
