// What may be done with a pointer to a kernel object depends on where it came
// from: an argument of the hook is trusted, a field that was followed is not,
// a field that RCU protects is while RCU is held.
#include "bpf.h"

LICENSE("GPL");

struct css_set;
struct cgroup {
	int level;
} CORE;

struct task_struct {
	int pid;
	struct task_struct *real_parent, *last_wakee;
} CORE;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

u64 seen;

SEC("tp_btf/task_newtask")
int argument(u64 *ctx) {
	struct task_struct *task = bpf_task_acquire((void *)ctx[0]);
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask")
int walked_read(u64 *ctx) {
	struct task_struct *task = (void *)ctx[0];
	seen = task->last_wakee->pid;
	return 0;
}

SEC("tp_btf/task_newtask")
int walked_passed(u64 *ctx) {
	struct task_struct *task = (void *)ctx[0];
	task = bpf_task_acquire(task->last_wakee); // want "R1 must be a rcu pointer"
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask")
int rcu_held(u64 *ctx) {
	struct task_struct *task = (void *)ctx[0];
	bpf_rcu_read_lock();
	task = bpf_task_acquire(task->real_parent);
	bpf_rcu_read_unlock();
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("fentry.s/bpf_fentry_test1")
int rcu_given_back(u64 *ctx) {
	struct task_struct *task = bpf_get_current_task_btf();
	bpf_rcu_read_lock();
	struct task_struct *parent = task->real_parent;
	bpf_rcu_read_unlock();
	parent = bpf_task_acquire(parent); // want "R1 must be a rcu pointer"
	if (parent)
		bpf_task_release(parent);
	return 0;
}
