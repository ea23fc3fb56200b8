// Sockets that programs of several types meet: what each may read, keep and do.
#include "net.h"

LICENSE("GPL");

HELPER(void *, bpf_get_listener_sock, 98, void *sock);
HELPER(void *, bpf_skc_to_tcp_sock, 137, void *sock);

struct bpf_sock_only {
	u32 bound_dev_if, family, type, protocol;
};

struct {
	__uint(type, MAP_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} listeners SEC(".maps");

struct {
	__uint(type, MAP_SOCKHASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} peers SEC(".maps");

struct tcp_sock {
	u32 snd_cwnd;
} CORE;

SEC("tc")
int full(struct __sk_buff *skb) {
	struct bpf_sock_only *sk = (void *)(u64)skb->sk;
	if (!sk)
		return TC_OK;
	sk = bpf_sk_fullsock(sk);
	return sk ? sk->type : TC_OK;
}

SEC("tc")
int not_full(struct __sk_buff *skb) {
	struct bpf_sock_only *sk = (void *)(u64)skb->sk;
	return sk ? sk->type : TC_OK; // want program "invalid sock_common access off=8 size=4"
}

SEC("tc")
int typed(struct __sk_buff *skb) {
	struct bpf_sock_only *sk = (void *)(u64)skb->sk;
	if (!sk)
		return TC_OK;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	return tp ? tp->snd_cwnd > 10 : TC_OK;
}

SEC("cgroup_skb/egress")
int typed_written_elsewhere(struct __sk_buff *skb) {
	struct bpf_sock_only *sk = (void *)(u64)skb->sk;
	if (!sk)
		return 1;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		tp->snd_cwnd = 10; // want "only read is supported"
	return 1;
}

SEC("tc")
int typed_written(struct __sk_buff *skb) {
	struct bpf_sock_only *sk = (void *)(u64)skb->sk;
	if (!sk)
		return TC_OK;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		tp->snd_cwnd = 10; // want ""
	return TC_OK;
}

SEC("sk_reuseport")
int selects(void *ctx) {
	u32 key = 1;
	return bpf_sk_select_reuseport(ctx, &listeners, &key, 0) ? 0 : 1;
}

SEC("sk_reuseport")
int selects_beyond(void *ctx) {
	u32 key = 1;
	u64 *v = bpf_map_lookup_elem(&listeners, &key); // want "cannot pass map_type 20 into func bpf_map_lookup_elem"
	return v ? *(u64 *)v : 1;
}

SEC("sk_skb/stream_verdict")
int verdict_beyond(struct __sk_buff *skb) {
	return skb->tc_classid; // want "invalid bpf_context access off=72 size=4"
}

SEC("cgroup/getsockname4")
int name_changed(u64 *ctx) {
	return 1;
}

SEC("cgroup/getsockname4")
int name_refused(u64 *ctx) {
	return 0; // want program "At program exit the register R0 has smin=0 smax=0 should have been in [1, 1]"
}

SEC("cgroup/connect4")
int connect_any(u64 *ctx) {
	return 0;
}

SEC("cgroup/connect4")
int connect_two(u64 *ctx) {
	return 4; // want program "At program exit the register R0 has smin=4 smax=4 should have been in [0, 1]"
}
