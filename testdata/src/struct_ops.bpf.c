// A congestion control algorithm of TCP in BPF.
#include "bpf.h"

LICENSE("GPL");

struct sock;
struct module;
struct ack_sample;
struct rate_sample;

struct inet_connection_sock {
	u8 icsk_retransmits;
} CORE;

struct tcp_sock {
	u32 snd_cwnd, snd_ssthresh;
} CORE;

struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	void (*set_state)(struct sock *sk, u8 state);
	u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
} CORE;

SEC("struct_ops/ssthresh")
u32 half(u64 *ctx) {
	struct tcp_sock *tp = (void *)ctx[0];
	u32 half = tp->snd_cwnd / 2;
	return half < 2 ? 2 : half;
}

SEC("struct_ops/cong_avoid")
void grow(u64 *ctx) {
	struct tcp_sock *tp = (void *)ctx[0];
	if (tp->snd_cwnd < 100)
		tp->snd_cwnd++;
}

SEC("struct_ops/undo_cwnd")
u32 undo(u64 *ctx) {
	return ((struct tcp_sock *)ctx[0])->snd_cwnd;
}

SEC("struct_ops/set_state")
void spoil(u64 *ctx) {
	struct tcp_sock *tp = (void *)ctx[0];
	*(volatile u64 *)tp = 0; // want "no write support to tcp_sock at off 0"
}

SEC(".struct_ops.link")
struct tcp_congestion_ops steady = {
	.ssthresh = (void *)half,
	.cong_avoid = (void *)grow,
	.undo_cwnd = (void *)undo,
	.set_state = (void *)spoil,
	.name = "bpflint_steady",
};
