// Exceptions: what may be held when one is thrown, and what it makes a program
// return.
#include "net.h"

LICENSE("GPL");

extern void bpf_throw(u64 cookie) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc")
int throws(struct __sk_buff *skb) {
	if (skb->len > 1000)
		bpf_throw(3);
	return TC_OK;
}

static NOINLINE int deeper(struct __sk_buff *skb) {
	if (skb->mark)
		bpf_throw(1);
	return skb->len;
}

SEC("tc")
int throws_in_function(struct __sk_buff *skb) {
	return deeper(skb) > 100;
}

SEC("tc")
int throws_holding_in_function(struct __sk_buff *skb) {
	u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
	if (!e)
		return TC_OK;
	int n = deeper(skb); // want program "would lead to reference leak"
	bpf_ringbuf_discard(e, 0);
	return n;
}

SEC("tc")
int throws_in_rcu(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	if (skb->mark)
		bpf_throw(0); // want "cannot be used inside bpf_rcu_read_lock-ed region"
	bpf_rcu_read_unlock();
	return TC_OK;
}

int NOINLINE global_throws(struct __sk_buff *skb) {
	if (skb->mark)
		bpf_throw(1);
	return skb->len;
}

SEC("tc")
int calls_global(struct __sk_buff *skb) {
	return global_throws(skb);
}

// The caller of a global function does not look into it before Linux 7.2.
SEC("tc")
int calls_global_in_rcu(struct __sk_buff *skb) {
	bpf_rcu_read_lock();
	int n = global_throws(skb); // want 7.2 "bpf_throw cannot be used inside bpf_rcu_read_lock-ed region"
	bpf_rcu_read_unlock();
	return n;
}

SEC("cgroup/dev")
int result_too_great(u64 *ctx) {
	if (*(u32 *)ctx == 1)
		bpf_throw(2); // want program "At program exit the register R1 has smin=2 smax=2 should have been in [0, 1]"
	return 1;
}

SEC("cgroup/dev")
int result_fits(u64 *ctx) {
	if (*(u32 *)ctx == 1)
		bpf_throw(1);
	return 0;
}
