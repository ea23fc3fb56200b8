// Kernel objects behind casts, written by programs that may write to some
// objects of that type.
#include "bpf.h"

LICENSE("GPL");

struct sock;

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

struct task_struct {
	int pid, tgid;
} CORE;

extern void *bpf_rdonly_cast(const void *obj, u32 type) KSYM;

#define core_cast(type, ptr) ((type *)bpf_rdonly_cast(ptr, __builtin_btf_type_id(*(type *)0, 1)))

SEC("struct_ops/ssthresh")
u32 half(u64 *ctx) {
	return 2;
}

SEC("struct_ops/cong_avoid")
void grow(u64 *ctx) {
	struct tcp_sock *tp = core_cast(struct tcp_sock, (void *)ctx[0]);
	tp->snd_cwnd = 10; // want 6.12 7.2 "only read is supported"
}

SEC("struct_ops/undo_cwnd")
u32 undo(u64 *ctx) {
	return 2;
}

SEC("struct_ops/set_state")
void others(u64 *ctx) {
	struct task_struct *task = core_cast(struct task_struct, (void *)ctx[0]);
	task->tgid = 1; // want "only read is supported"
}

SEC(".struct_ops.link")
struct tcp_congestion_ops steady = {
	.ssthresh = (void *)half,
	.cong_avoid = (void *)grow,
	.undo_cwnd = (void *)undo,
	.set_state = (void *)others,
	.name = "bpflint_cast",
};

SEC("cgroup_skb/egress")
int in_cgroup(void *ctx) {
	struct task_struct *task = core_cast(struct task_struct, ctx);
	task->tgid = 1; // want "only read is supported"
	return 0;
}
