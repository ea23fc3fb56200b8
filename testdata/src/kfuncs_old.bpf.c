// Kernel functions that Linux 6.1 has as well: those of congestion control and
// of keys.
#include "bpf.h"

LICENSE("GPL");

struct sock {
	u16 sk_protocol;
} CORE;

struct tcp_sock {
	u32 snd_cwnd, snd_cwnd_cnt;
} CORE;

struct rate_sample;
struct ack_sample;

struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

struct bpf_key {
	void *key;
	_Bool has_ref;
} CORE;

extern u32 tcp_slow_start(struct tcp_sock *tp, u32 acked) KSYM WEAK;
extern void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked) KSYM WEAK;
extern u32 tcp_reno_ssthresh(struct sock *sk) KSYM WEAK;
extern u32 tcp_reno_undo_cwnd(struct sock *sk) KSYM WEAK;
extern struct bpf_key *bpf_lookup_system_key(u64 id) KSYM WEAK;
extern void bpf_key_put(struct bpf_key *bkey) KSYM WEAK;

SEC("struct_ops/ssthresh")
u32 threshold(u64 *ctx) { return tcp_reno_ssthresh((void *)ctx[0]); }

SEC("struct_ops/cong_avoid")
int avoid(u64 *ctx) {
	struct tcp_sock *tp = (void *)ctx[0];
	tcp_cong_avoid_ai(tp, tp->snd_cwnd, tcp_slow_start(tp, ctx[2]));
	return 0;
}

SEC("struct_ops/cong_avoid")
int number_as_socket(u64 *ctx) {
	tcp_slow_start((void *)ctx[1], ctx[2]); // want "arg#0 pointer type STRUCT tcp_sock must point to scalar, or struct with scalar"
	return 0;
}

SEC("struct_ops/cong_avoid")
int null_as_socket(u64 *ctx) {
	tcp_slow_start(NULL, ctx[2]); // want "arg#0 pointer type STRUCT tcp_sock must point to scalar, or struct with scalar"
	return 0;
}

SEC("struct_ops/cong_avoid")
int stack_as_socket(u64 *ctx) {
	u64 buffer[8] = {};
	tcp_slow_start((void *)buffer, ctx[2]); // want "arg#0 pointer type STRUCT tcp_sock must point to scalar, or struct with scalar"
	return 0;
}

SEC("struct_ops/cong_avoid")
int context_as_socket(u64 *ctx) {
	tcp_slow_start((void *)ctx, ctx[2]); // want "arg#0 pointer type STRUCT tcp_sock must point to scalar, or struct with scalar"
	return 0;
}

SEC("struct_ops/cong_avoid")
int moved_socket(u64 *ctx) {
	tcp_slow_start((void *)ctx[0] + 8, ctx[2]); // want "kernel function tcp_slow_start args#0 expected pointer to STRUCT tcp_sock but R1 has a pointer to STRUCT tcp_sock"
	return 0;
}

SEC("struct_ops/cong_avoid")
int socket_as_number(u64 *ctx) {
	tcp_slow_start((void *)ctx[0], (u32)(long)ctx); // want "R2 is not a scalar"
	return 0;
}

SEC("struct_ops/undo_cwnd")
u32 uses_result(u64 *ctx) {
	return *(u32 *)(u64)tcp_reno_undo_cwnd((void *)ctx[0]); // want "R1 invalid mem access 'scalar'"
}

SEC("fentry/do_nanosleep")
int key(u64 *ctx) {
	struct bpf_key *key = bpf_lookup_system_key(0);
	if (key)
		bpf_key_put(key);
	return 0;
}

SEC("fentry/do_nanosleep")
int key_lost(u64 *ctx) {
	bpf_lookup_system_key(0);
	return 0; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("fentry/do_nanosleep")
int key_unchecked(u64 *ctx) {
	struct bpf_key *key = bpf_lookup_system_key(0);
	bpf_key_put(key); // want "Possibly NULL pointer passed to trusted arg0"
	return 0;
}

SEC("fentry/do_nanosleep")
int key_twice(u64 *ctx) {
	struct bpf_key *key = bpf_lookup_system_key(0);
	if (!key)
		return 0;
	bpf_key_put(key);
	bpf_key_put(key); // want "arg#0 pointer type STRUCT bpf_key must point to scalar, or struct with scalar"
	return 0;
}

SEC("fentry/do_nanosleep")
int key_from_nowhere(u64 *ctx) {
	bpf_key_put((void *)ctx[0]); // want "R1 must be referenced or trusted"
	return 0;
}

SEC("fentry/do_nanosleep")
int key_read(u64 *ctx) {
	struct bpf_key *key = bpf_lookup_system_key(0);
	int has;
	if (!key)
		return 0;
	has = key->has_ref;
	bpf_key_put(key);
	return has;
} // want "At program exit the register R0 has smin=0 smax=255 should have been in [0, 0]"

// Only what is a member of an operation is loaded.
#define OPERATIONS(name_, program)                   \
	SEC(".struct_ops")                           \
	struct tcp_congestion_ops ops_##program = { \
		.ssthresh = (void *)threshold,       \
		.cong_avoid = (void *)program,       \
		.undo_cwnd = (void *)uses_result,    \
		.name = name_,                       \
	}

OPERATIONS("a", avoid);
OPERATIONS("b", number_as_socket);
OPERATIONS("c", null_as_socket);
OPERATIONS("d", stack_as_socket);
OPERATIONS("e", context_as_socket);
OPERATIONS("f", moved_socket);
OPERATIONS("g", socket_as_number);
