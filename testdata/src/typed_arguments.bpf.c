// Arguments of tracepoints and iterators: some may be null, and what is read
// through them is of the kernel's types.
#include "bpf.h"

LICENSE("GPL");

struct file;

struct sock_common {
	u16 skc_family;
} CORE;

struct sock {
	struct sock_common __sk_common;
} CORE;

struct sk_buff {
	u32 len;
	struct sock *sk;
} CORE;

struct task_struct {
	int pid;
	char comm[16];
	struct task_struct *group_leader;
} CORE;

struct bpf_iter_meta {
	u64 session_id;
} CORE;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
} CORE;

u64 seen;

SEC("tp_btf/sched_switch")
int comm(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	seen = *(u64 *)&next->comm[8];
	return 0;
}

SEC("tp_btf/sched_switch")
int leader(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	seen = next->group_leader->group_leader->pid;
	return 0;
}

SEC("tp_btf/sched_switch")
int half_pointer(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	seen = *(u32 *)&next->group_leader; // want "cannot access ptr member group_leader"
	return 0;
}

SEC("tp_btf/sched_switch")
int half_argument(void *ctx) {
	seen = *(u32 *)(ctx + 16); // want "invalid bpf_context access off=16 size=4"
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int nullable(u64 *ctx) {
	struct sock *sk = (void *)ctx[0];
	if (sk)
		seen = sk->__sk_common.skc_family;
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int unchecked(u64 *ctx) {
	struct sock *sk = (void *)ctx[0];
	seen = sk->__sk_common.skc_family; // want "R1 invalid mem access 'trusted_ptr_or_null_'"
	return 0;
}

SEC("iter/task_file")
int files(struct bpf_iter__task_file *ctx) {
	if (ctx->task && ctx->file)
		seen = ctx->fd + ctx->meta->session_id;
	return 0;
}
