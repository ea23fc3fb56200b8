// RCU and preemption sections: what nests, what may be done inside of them and
// what happens when one stays open.
#include "net.h"

LICENSE("GPL");

extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern void bpf_preempt_disable(void) KSYM WEAK;
extern void bpf_preempt_enable(void) KSYM WEAK;

SEC("tc")
int rcu_pair(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return TC_OK;
}

SEC("tc")
int rcu_nested(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	bpf_rcu_read_lock(); // want "nested rcu read lock (kernel function bpf_rcu_read_lock)"
	bpf_rcu_read_unlock();
	bpf_rcu_read_unlock();
	return TC_OK;
}

SEC("tc")
int rcu_only_unlock(struct __sk_buff *skb) {
	bpf_rcu_read_unlock(); // want "unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)"
	return TC_OK;
}

SEC("tc")
int rcu_left_open(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	return TC_OK; // want "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region"
}

SEC("tc")
int rcu_sometimes_open(struct __sk_buff *skb) {
	if (skb->len > 100)
		bpf_rcu_read_lock();
	if (skb->mark > 100)
		bpf_rcu_read_unlock();
	return TC_OK; // want program "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region"
}

SEC("tc")
int preempt_nested(struct __sk_buff *skb) {
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_preempt_enable();
	return TC_OK;
}

SEC("tc")
int preempt_only_enable(struct __sk_buff *skb) {
	bpf_preempt_enable(); // want "unmatched attempt to enable preemption (kernel function bpf_preempt_enable)"
	return TC_OK;
}

SEC("tc")
int preempt_left_off(struct __sk_buff *skb) {
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	return TC_OK; // want "BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region"
}

static NOINLINE void open_section(void) { bpf_rcu_read_lock(); }
static NOINLINE void close_section(void) { bpf_rcu_read_unlock(); }

SEC("tc")
int rcu_in_functions(struct __sk_buff *skb) {
	open_section();
	close_section();
	return TC_OK;
}

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} jumps SEC(".maps");

SEC("tc")
int rcu_tail_call(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	bpf_tail_call(skb, &jumps, 0); // want "tail_call cannot be used inside bpf_rcu_read_lock-ed region"
	bpf_rcu_read_unlock();
	return TC_OK;
}

SEC("syscall")
int sleep_outside(u64 *ctx) {
	u64 target = 0;
	bpf_copy_from_user(&target, sizeof(target), (void *)16);
	return 0;
}

SEC("syscall")
int sleep_in_rcu(u64 *ctx) {
	u64 target = 0;
	bpf_rcu_read_lock();
	bpf_copy_from_user(&target, sizeof(target), (void *)16); // want "sleepable helper bpf_copy_from_user#148 in rcu_read_lock region"
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int sleep_without_preemption(u64 *ctx) {
	u64 target = 0;
	bpf_preempt_disable();
	bpf_copy_from_user(&target, sizeof(target), (void *)16); // want "sleepable helper bpf_copy_from_user#148 in non-preemptible region"
	bpf_preempt_enable();
	return 0;
}
