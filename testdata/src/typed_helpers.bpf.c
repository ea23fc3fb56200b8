// Helpers that take and return kernel objects check their types.
#include "bpf.h"

LICENSE("GPL");

HELPER(void *, bpf_skc_to_tcp_sock, 137, void *sk);
HELPER(void *, bpf_sock_from_file, 162, void *file);

struct tcp_sock {
	u32 snd_cwnd;
} CORE;

struct task_struct {
	int pid;
	void *stack;
	struct task_struct *parent;
} CORE;

struct {
	__uint(type, MAP_TASK_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} times SEC(".maps");

u64 seen;

SEC("tp_btf/sched_switch")
int stored(u64 *ctx) {
	u64 *time = bpf_task_storage_get(&times, (void *)ctx[2], 0, 1);
	if (time)
		*time = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_switch")
int walked(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	u64 *time = bpf_task_storage_get(&times, next->parent->parent, 0, 1);
	if (time)
		*time = 1;
	return 0;
}

SEC("tp_btf/sched_switch")
int wrong_type(u64 *ctx) {
	seen = (u64)bpf_sock_from_file((void *)ctx[1]); // want "R1 is of type task_struct but file is expected"
	return 0;
}

SEC("tp_btf/sched_switch")
int number(u64 *ctx) {
	seen = (u64)bpf_sock_from_file((void *)ctx[0]); // want "R1 type=scalar expected=ptr_, trusted_ptr_, rcu_ptr_"
	return 0;
}

SEC("tp_btf/tcp_probe")
int window(u64 *ctx) {
	struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)ctx[0]);
	if (tp)
		seen = tp->snd_cwnd;
	return 0;
}

SEC("tp_btf/tcp_probe")
int unchecked(u64 *ctx) {
	struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)ctx[0]);
	seen = tp->snd_cwnd; // want "R0 invalid mem access 'ptr_or_null_'"
	return 0;
}
