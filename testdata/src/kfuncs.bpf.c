// Functions of the kernel that programs may call.
#include "net.h"

LICENSE("GPL");

struct task_struct {
	int pid;
} CORE;

extern struct task_struct *bpf_task_from_pid(s32 pid) KSYM;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) KSYM;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 offset, void *buffer, u32 size) KSYM;
extern void bpf_not_in_this_kernel(void) KSYM WEAK;

SEC("tp_btf/task_newtask")
int find(u64 *ctx) {
	struct task_struct *task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	int pid = task->pid;
	bpf_task_release(task);
	return pid == 2 ? 0 : 0;
}

SEC("tp_btf/task_newtask")
int lose(u64 *ctx) {
	bpf_task_acquire((void *)ctx[0]);
	return 0; // want "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tp_btf/task_newtask")
int release_argument(u64 *ctx) {
	bpf_task_release((void *)ctx[0]); // want "release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID"
	return 0;
}

SEC("tp_btf/task_newtask")
int locked(u64 *ctx) {
	bpf_rcu_read_lock();
	return 0; // want "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region"
}

SEC("tc")
int slice(struct __sk_buff *skb) {
	struct bpf_dynptr ptr;
	struct ethernet buffer;
	if (bpf_dynptr_from_skb(skb, 0, &ptr))
		return TC_OK;
	struct ethernet *eth = bpf_dynptr_slice(&ptr, 0, &buffer, sizeof(buffer));
	return eth && eth->proto == net16(ETH_IP6) ? TC_SHOT : TC_OK;
}

SEC("tc")
int optional(struct __sk_buff *skb) {
	if (bpf_not_in_this_kernel)
		bpf_not_in_this_kernel();
	return TC_OK;
}

SEC("xdp")
int unchecked(struct xdp_md *ctx) {
	bpf_task_release(bpf_task_from_pid(1)); // want "Possibly NULL pointer passed to trusted arg0"
	return XDP_PASS;
}

SEC("raw_tp/task_newtask")
int anywhere(u64 *ctx) {
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}
