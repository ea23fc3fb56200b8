// Resilient spin locks, which fail instead of deadlocking, and saved interrupts.
#include "note.h"

struct bpf_res_spin_lock {
	u32 val;
};

extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) KSYM;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) KSYM;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) KSYM;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) KSYM;
extern void bpf_local_irq_save(unsigned long *flags) KSYM;
extern void bpf_local_irq_restore(unsigned long *flags) KSYM;
extern void bpf_preempt_disable(void) KSYM;
extern void bpf_preempt_enable(void) KSYM;

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
int free_lock(void *ctx) {
	struct value *v = value(0);
	unsigned long flags;
	if (!v)
		return 1;
	for (int i = 0; i < 3; i++) {
		if (bpf_res_spin_lock(&v->lock))
			return 2;
		v->n += 10;
		bpf_res_spin_unlock(&v->lock);
	}
	if (bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return 3;
	v->n++;
	bpf_res_spin_unlock_irqrestore(&v->lock, &flags);
	return v->n;
}

SEC("tc")
int two_locks(void *ctx) {
	struct value *a = value(0), *b = value(1);
	if (!a || !b)
		return 1;
	if (bpf_res_spin_lock(&a->lock))
		return 2;
	if (bpf_res_spin_lock(&b->lock)) {
		bpf_res_spin_unlock(&a->lock);
		return 3;
	}
	a->n = 5;
	b->n = 6;
	bpf_res_spin_unlock(&b->lock);
	bpf_res_spin_unlock(&a->lock);
	return a->n + b->n;
}

// The verifier takes the second for another lock; it is the same one.
SEC("tc")
int same_lock(void *ctx) {
	struct value *a = value(0), *b = value(0);
	int e;
	if (!a || !b)
		return 1;
	if (bpf_res_spin_lock(&a->lock))
		return 2;
	e = bpf_res_spin_lock(&b->lock);
	if (!e)
		bpf_res_spin_unlock(&b->lock);
	bpf_res_spin_unlock(&a->lock);
	note(0, e);
	e = bpf_res_spin_lock(&b->lock);
	if (!e)
		bpf_res_spin_unlock(&b->lock);
	note(1, e);
	return 0;
}

SEC("tc")
int interrupts(void *ctx) {
	unsigned long a, b;
	bpf_local_irq_save(&a);
	bpf_local_irq_save(&b);
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_local_irq_restore(&b);
	bpf_local_irq_restore(&a);
	return 4;
}

SEC("tc")
int here_count(void *ctx) {
	struct value *v = value(0);
	if (!v)
		return 1;
	if (bpf_res_spin_lock(&v->lock))
		return 2;
	v->n++;
	bpf_res_spin_unlock(&v->lock);
	return 0;
}
