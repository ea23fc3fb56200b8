// Objects that maps own, and objects that a program makes itself.
#include "net.h"

LICENSE("GPL");

struct task_struct {
	int pid;
} CORE;

struct bpf_cpumask {
	u64 bits;
} CORE;

struct bpf_refcount {
	u32 opaque[1];
} __attribute__((aligned(4)));

struct note {
	u64 key;
	struct bpf_spin_lock lock;
	struct bpf_refcount refs;
	u64 text[2];
};

struct counter {
	u64 n;
};

struct locked {
	struct bpf_spin_lock lock;
};

struct slot {
	u64 time;
	struct task_struct TYPE_TAG("kptr") * task;
	struct task_struct TYPE_TAG("kptr_untrusted") * hint;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

extern struct task_struct *bpf_task_from_pid(s32 pid) KSYM;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern void *bpf_obj_new_impl(u64 type, void *meta) KSYM;
extern void bpf_obj_drop_impl(void *object, void *meta) KSYM;
extern void *bpf_percpu_obj_new_impl(u64 type, void *meta) KSYM;
extern void bpf_percpu_obj_drop_impl(void *object, void *meta) KSYM;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) KSYM;

#define NEW(t) ((t *)bpf_obj_new_impl(__builtin_btf_type_id(*(t *)0, 0), NULL))
#define DROP(p) bpf_obj_drop_impl(p, NULL)

INLINE struct slot *slot(void) {
	u32 key = 0;
	return bpf_map_lookup_elem(&slots, &key);
}

SEC("tc")
int stash(struct __sk_buff *skb) {
	struct slot *s = slot();
	struct task_struct *task, *old;
	if (!s)
		return TC_OK;
	task = bpf_task_from_pid(1);
	if (!task)
		return TC_OK;
	old = bpf_kptr_xchg(&s->task, task);
	if (old)
		bpf_task_release(old);
	return TC_OK;
}

SEC("tc")
int stash_and_lose(struct __sk_buff *skb) {
	struct slot *s = slot();
	struct task_struct *task;
	if (!s)
		return TC_OK;
	task = bpf_task_from_pid(1);
	if (task)
		bpf_kptr_xchg(&s->task, task);
	return TC_OK; // want program "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int use_after_stash(struct __sk_buff *skb) {
	struct slot *s = slot();
	struct task_struct *task, *old;
	if (!s)
		return TC_OK;
	task = bpf_task_from_pid(1);
	if (!task)
		return TC_OK;
	old = bpf_kptr_xchg(&s->task, task);
	if (old)
		bpf_task_release(old);
	return task->pid; // want program "R7 invalid mem access 'scalar'"
}

SEC("tc")
int stash_not_owned(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (!s)
		return TC_OK;
	struct task_struct *task = s->task;
	if (!task)
		return TC_OK;
	bpf_kptr_xchg(&s->task, task); // want program "R2 must be referenced when passed to release function"
	return TC_OK;
}

SEC("tc")
int exchange_hint(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (s)
		bpf_kptr_xchg(&s->hint, NULL); // want "off=16 kptr isn't referenced kptr"
	return TC_OK;
}

SEC("tc")
int exchange_number(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (s)
		bpf_kptr_xchg(&s->time, NULL); // want "off=0 doesn't point to kptr"
	return TC_OK;
}

SEC("tc")
int store_owned(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (s)
		s->task = NULL; // want "store to referenced kptr disallowed"
	return TC_OK;
}

SEC("tc")
int clear_hint(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (s)
		s->hint = NULL;
	return TC_OK;
}

SEC("tc")
int read_half(struct __sk_buff *skb) {
	struct slot *s = slot();
	return s ? *(volatile u32 *)&s->task : 0; // want program "kptr access size must be BPF_DW"
}

SEC("tc")
int read_protected(struct __sk_buff *skb) {
	struct slot *s = slot();
	int pid = 0;
	if (!s)
		return TC_OK;
	struct task_struct *task = s->task;
	if (task)
		pid = task->pid;
	return pid;
}

SEC("tc")
int read_without_check(struct __sk_buff *skb) {
	struct slot *s = slot();
	return s ? s->task->pid : 0; // want program "R1 invalid mem access 'rcu_ptr_or_null_'"
}

SEC("tc")
int keep_protected(struct __sk_buff *skb) {
	struct slot *s = slot();
	if (!s)
		return TC_OK;
	bpf_rcu_read_lock();
	struct task_struct *task = s->task;
	if (task && (task = bpf_task_acquire(task)))
		bpf_task_release(task);
	bpf_rcu_read_unlock();
	return TC_OK;
}

SEC("syscall")
int unprotected_when_asleep(u64 *ctx) {
	struct slot *s = slot();
	if (!s)
		return 0;
	struct task_struct *task = s->task;
	if (task && (task = bpf_task_acquire(task))) // want program "R1 must be a rcu pointer"
		bpf_task_release(task);
	return 0;
}

SEC("tc")
int own_object(struct __sk_buff *skb) {
	struct note *n = NEW(struct note);
	if (!n)
		return TC_OK;
	n->key = skb->len;
	n->text[1] = n->key;
	bpf_spin_lock(&n->lock);
	n->text[0]++;
	bpf_spin_unlock(&n->lock);
	DROP(n);
	return TC_OK;
}

SEC("tc")
int own_object_lost(struct __sk_buff *skb) {
	NEW(struct note);
	return TC_OK; // want program "BPF_EXIT instruction in main prog would lead to reference leak"
}

SEC("tc")
int own_object_dropped_twice(struct __sk_buff *skb) {
	struct note *n = NEW(struct note);
	if (!n)
		return TC_OK;
	DROP(n);
	DROP(n); // want program "R1 must be referenced or trusted"
	return TC_OK;
}

SEC("tc")
int own_object_lock_written(struct __sk_buff *skb) {
	struct note *n = NEW(struct note);
	if (!n)
		return TC_OK;
	*(volatile u32 *)&n->lock = 1; // want program "direct access to bpf_spin_lock is disallowed"
	DROP(n);
	return TC_OK;
}

SEC("tc")
int own_object_too_far(struct __sk_buff *skb) {
	struct counter *c = NEW(struct counter);
	if (!c)
		return TC_OK;
	(&c->n)[1] = 1; // want program "access beyond struct counter at off 8 size 8"
	DROP(c);
	return TC_OK;
}

SEC("tc")
int own_object_counted(struct __sk_buff *skb) {
	struct note *n = NEW(struct note), *m;
	if (!n)
		return TC_OK;
	m = bpf_refcount_acquire_impl(n, NULL);
	m->key = 1;
	DROP(n);
	DROP(m);
	return TC_OK;
}

SEC("tc")
int own_object_not_counted(struct __sk_buff *skb) {
	struct locked *c = NEW(struct locked);
	if (!c)
		return TC_OK;
	bpf_refcount_acquire_impl(c, NULL); // want program "arg#0 doesn't point to a type with bpf_refcount field"
	DROP(c);
	return TC_OK;
}

SEC("tc")
int percpu_object(struct __sk_buff *skb) {
	struct counter *c = bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(struct counter *)0, 0), NULL);
	if (c)
		bpf_percpu_obj_drop_impl(c, NULL);
	return TC_OK;
}

SEC("tc")
int percpu_object_read(struct __sk_buff *skb) {
	struct counter *c = bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(struct counter *)0, 0), NULL);
	if (!c)
		return TC_OK;
	u64 n = *(volatile u64 *)c; // want program "R0 is ptr_counter access percpu memory: off=0"
	bpf_percpu_obj_drop_impl(c, NULL);
	return n;
}

SEC("tc")
int percpu_object_dropped_as_plain(struct __sk_buff *skb) {
	struct counter *c = bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(struct counter *)0, 0), NULL);
	if (c)
		DROP(c); // want program "arg#0 expected for bpf_percpu_obj_drop_impl()"
	return TC_OK;
}
