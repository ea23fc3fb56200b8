// Kernel functions that look behind the program's context, that need an RCU
// section, or that may bring the machine down.
#include "net.h"

LICENSE("GPL");

struct net_device {
	int ifindex;
} CORE;

struct sk_buff {
	u32 len;
	struct net_device *dev;
} CORE;

struct xdp_rxq_info {
	struct net_device *dev;
} CORE;

struct xdp_buff {
	struct xdp_rxq_info *rxq;
} CORE;

struct task_struct {
	int pid;
} CORE;

struct pt_regs {
	u64 ip;
} CORE;

struct bpf_iter_task {
	u64 opaque[3];
} __attribute__((aligned(8)));

extern void *bpf_cast_to_kern_ctx(void *obj) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) KSYM;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) KSYM;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) KSYM;
extern void crash_kexec(struct pt_regs *regs) KSYM WEAK;

SEC("tc")
int kernel_buffer(struct __sk_buff *skb) {
	struct sk_buff *k = bpf_cast_to_kern_ctx(skb);
	return k->len > 1500 && k->dev->ifindex == 1 ? TC_SHOT : TC_OK;
}

SEC("tc")
int kernel_buffer_written(struct __sk_buff *skb) {
	struct sk_buff *k = bpf_cast_to_kern_ctx(skb);
	k->len = 0; // want ""
	return TC_OK;
}

SEC("xdp")
int kernel_frame(struct xdp_md *ctx) {
	struct xdp_buff *k = bpf_cast_to_kern_ctx(ctx);
	return k->rxq->dev->ifindex == 1 ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int no_context(struct __sk_buff *skb) {
	u64 other = 0;
	struct sk_buff *k = bpf_cast_to_kern_ctx(&other); // want "arg#0 expected pointer to ctx, but got fp"
	return k->len;
}

SEC("fentry.s/bpf_fentry_test1")
int walks_protected(u64 *ctx) {
	struct bpf_iter_task it;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, NULL, 0);
	bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fentry.s/bpf_fentry_test1")
int walks_unprotected(u64 *ctx) {
	struct bpf_iter_task it;
	bpf_iter_task_new(&it, NULL, 0); // want "kernel func bpf_iter_task_new requires RCU critical section protection"
	bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	return 0;
}

SEC("fentry.s/bpf_fentry_test1")
int leaves_section(u64 *ctx) {
	struct bpf_iter_task it;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, NULL, 0);
	bpf_rcu_read_unlock();
	bpf_iter_task_next(&it); // want program "expected an RCU CS when using bpf_iter_task_next"
	bpf_iter_task_destroy(&it);
	return 0;
}

SEC("tp_btf/task_newtask")
int crashes(u64 *ctx) {
	crash_kexec(NULL);
	return 0;
}

SEC("tp_btf/task_newtask")
int does_not_crash(u64 *ctx) {
	if (!crash_kexec)
		return 0;
	return 0;
}

SEC("socket")
int crashes_from_afar(struct __sk_buff *skb) {
	crash_kexec(NULL); // want "calling kernel function crash_kexec is not allowed"
	return 0;
}
