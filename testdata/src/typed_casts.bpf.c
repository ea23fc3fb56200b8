// Casts to kernel types: the result may be read and no more.
#include "bpf.h"

LICENSE("GPL");

struct task_struct {
	int pid, tgid;
} CORE;

extern void *bpf_rdonly_cast(const void *obj, u32 type) KSYM;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;

#define core_cast(type, ptr) ((type *)bpf_rdonly_cast(ptr, __builtin_btf_type_id(*(type *)0, 1)))

u32 seen;

SEC("raw_tp/sched_switch")
int reads(u64 *ctx) {
	struct task_struct *task = core_cast(struct task_struct, (void *)ctx[1]);
	seen = task->tgid;
	return 0;
}

SEC("raw_tp/sched_switch")
int writes(u64 *ctx) {
	struct task_struct *task = core_cast(struct task_struct, (void *)ctx[1]);
	task->tgid = 1; // want "only read is supported"
	return 0;
}

SEC("tp_btf/sched_switch")
int passes(u64 *ctx) {
	struct task_struct *task = core_cast(struct task_struct, (void *)ctx[1]);
	task = bpf_task_acquire(task); // want "R1 must be a rcu pointer"
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("raw_tp/sched_switch")
int no_struct(u64 *ctx) {
	int *number = core_cast(int, (void *)ctx[1]); // want "kfunc bpf_rdonly_cast type ID argument must be of a struct or void"
	seen = *number;
	return 0;
}
