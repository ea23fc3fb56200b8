// Sections without interrupts: they nest, and end in the order in which they
// began.
#include "net.h"

LICENSE("GPL");

extern void bpf_local_irq_save(u64 *flags) KSYM WEAK;
extern void bpf_local_irq_restore(u64 *flags) KSYM WEAK;
extern void bpf_throw(u64 cookie) KSYM WEAK;

SEC("tc")
int pair(struct __sk_buff *skb) {
	u64 flags;
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return TC_OK;
}

SEC("tc")
int two(struct __sk_buff *skb) {
	u64 a, b;
	bpf_local_irq_save(&a);
	bpf_local_irq_save(&b);
	bpf_local_irq_restore(&b);
	bpf_local_irq_restore(&a);
	return TC_OK;
}

SEC("tc")
int wrong_order(struct __sk_buff *skb) {
	u64 a, b;
	bpf_local_irq_save(&a);
	bpf_local_irq_save(&b);
	bpf_local_irq_restore(&a); // want "cannot restore irq state out of order, expected id=2 acquired at insn_idx=7"
	bpf_local_irq_restore(&b);
	return TC_OK;
}

SEC("tc")
int not_restored(struct __sk_buff *skb) {
	u64 flags;
	bpf_local_irq_save(&flags);
	return TC_OK; // want "BPF_EXIT instruction in main prog cannot be used inside bpf_local_irq_save-ed region"
}

SEC("tc")
int not_saved(struct __sk_buff *skb) {
	u64 flags = 0;
	bpf_local_irq_restore(&flags); // want "expected an initialized irq flag as arg#0"
	return TC_OK;
}

SEC("tc")
int saved_twice(struct __sk_buff *skb) {
	u64 flags;
	bpf_local_irq_save(&flags);
	bpf_local_irq_save(&flags); // want "expected uninitialized irq flag as arg#0"
	bpf_local_irq_restore(&flags);
	return TC_OK;
}

SEC("tc")
int overwritten(struct __sk_buff *skb) {
	volatile u64 flags;
	bpf_local_irq_save((u64 *)&flags);
	flags = 0;
	bpf_local_irq_restore((u64 *)&flags); // want "expected an initialized irq flag as arg#0"
	return TC_OK;
}

SEC("tc")
int flag_read(struct __sk_buff *skb) {
	volatile u64 flags;
	bpf_local_irq_save((u64 *)&flags);
	u64 n = flags; // want "invalid read from stack off -8+0 size 8"
	bpf_local_irq_restore((u64 *)&flags);
	return n;
}

SEC("tc")
int on_one_path(struct __sk_buff *skb) {
	u64 flags;
	if (skb->mark)
		bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags); // want program "expected an initialized irq flag as arg#0"
	return TC_OK;
}

SEC("tc")
int throws(struct __sk_buff *skb) {
	u64 flags;
	bpf_local_irq_save(&flags);
	if (skb->mark)
		bpf_throw(0); // want "cannot be used inside bpf_local_irq_save-ed region"
	bpf_local_irq_restore(&flags);
	return TC_OK;
}

SEC("syscall")
int sleeps(u64 *ctx) {
	u64 flags, target;
	bpf_local_irq_save(&flags);
	bpf_copy_from_user(&target, sizeof(target), (void *)16); // want "sleepable helper bpf_copy_from_user#148 in IRQ-disabled region"
	bpf_local_irq_restore(&flags);
	return 0;
}
