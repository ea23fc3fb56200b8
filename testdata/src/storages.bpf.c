// Values that belong to a task, a socket or a group.
#include "net.h"

LICENSE("GPL");

struct task_struct {
	int pid;
	struct task_struct *real_parent;
} CORE;

struct {
	__uint(type, MAP_TASK_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} by_task SEC(".maps");

struct {
	__uint(type, MAP_SK_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} by_socket SEC(".maps");

SEC("tp_btf/sys_enter")
int calls(u64 *ctx) {
	struct task_struct *task = bpf_get_current_task_btf();
	u64 *n = bpf_task_storage_get(&by_task, task, 0, 1);
	if (n)
		++*n;
	return 0;
}

SEC("tp_btf/sys_enter")
int not_a_task(u64 *ctx) {
	u64 *n = bpf_task_storage_get(&by_task, (void *)ctx[1], 0, 1); // want "R2 type=scalar expected=ptr_, trusted_ptr_, rcu_ptr_"
	return n ? 0 : 0;
}

SEC("cgroup_skb/egress")
int bytes(struct __sk_buff *skb) {
	struct bpf_sock *sk = skb->sk;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	u64 *n = bpf_sk_storage_get(&by_socket, sk, 0, 1);
	if (n)
		__sync_fetch_and_add(n, skb->len);
	return 1;
}
