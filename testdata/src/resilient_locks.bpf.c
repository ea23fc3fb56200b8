// Resilient spin locks: taking one can fail, several may be held, and what is
// taken last is given back first.
#include "net.h"

LICENSE("GPL");

struct bpf_res_spin_lock {
	u32 val;
};

extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) KSYM WEAK;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) KSYM WEAK;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) KSYM WEAK;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) KSYM WEAK;
extern void bpf_local_irq_restore(unsigned long *flags) KSYM WEAK;

struct value {
	struct bpf_res_spin_lock lock;
	u32 n;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

INLINE struct value *value(u32 key) { return bpf_map_lookup_elem(&values, &key); }

SEC("tc")
int one(struct __sk_buff *skb) {
	struct value *v = value(0);
	if (!v || bpf_res_spin_lock(&v->lock))
		return TC_OK;
	v->n++;
	bpf_res_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int two(struct __sk_buff *skb) {
	struct value *a = value(0), *b = value(1);
	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return TC_OK;
	if (!bpf_res_spin_lock(&b->lock))
		bpf_res_spin_unlock(&b->lock);
	bpf_res_spin_unlock(&a->lock);
	return TC_OK;
}

SEC("tc")
int wrong_order(struct __sk_buff *skb) {
	struct value *a = value(0), *b = value(1);
	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return TC_OK;
	if (!bpf_res_spin_lock(&b->lock)) {
		bpf_res_spin_unlock(&a->lock); // want program "bpf_res_spin_unlock cannot be out of order"
		bpf_res_spin_unlock(&b->lock);
		return TC_OK;
	}
	bpf_res_spin_unlock(&a->lock);
	return TC_OK;
}

SEC("tc")
int twice(struct __sk_buff *skb) {
	struct value *v = value(0);
	if (!v || bpf_res_spin_lock(&v->lock))
		return TC_OK;
	if (!bpf_res_spin_lock(&v->lock)) // want "Acquiring the same lock again, AA deadlock detected"
		bpf_res_spin_unlock(&v->lock);
	bpf_res_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int result_ignored(struct __sk_buff *skb) {
	struct value *v = value(0);
	if (!v)
		return TC_OK;
	bpf_res_spin_lock(&v->lock);
	bpf_res_spin_unlock(&v->lock); // want "bpf_res_spin_unlock without taking a lock"
	return TC_OK;
}

SEC("tc")
int not_given_back(struct __sk_buff *skb) {
	struct value *v = value(0);
	if (!v || bpf_res_spin_lock(&v->lock))
		return TC_OK;
	return TC_SHOT; // want program "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region"
}

SEC("tc")
int interrupts(struct __sk_buff *skb) {
	struct value *v = value(0);
	unsigned long flags;
	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return TC_OK;
	v->n++;
	bpf_res_spin_unlock_irqrestore(&v->lock, &flags);
	return TC_OK;
}

SEC("tc")
int restored_otherwise(struct __sk_buff *skb) {
	struct value *v = value(0);
	unsigned long flags;
	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return TC_OK;
	bpf_local_irq_restore(&flags); // want "function calls are not allowed while holding a lock"
	bpf_res_spin_unlock(&v->lock);
	return TC_OK;
}

SEC("tc")
int other_sort(struct __sk_buff *skb) {
	struct value *v = value(0);
	unsigned long flags;
	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return TC_OK;
	bpf_res_spin_unlock(&v->lock); // want "bpf_res_spin_unlock of different lock"
	return TC_OK;
}

SEC("tc")
int helper_inside(struct __sk_buff *skb) {
	struct value *v = value(0);
	if (!v || bpf_res_spin_lock(&v->lock))
		return TC_OK;
	v->n = bpf_get_prandom_u32(); // want "function calls are not allowed while holding a lock"
	bpf_res_spin_unlock(&v->lock);
	return TC_OK;
}
