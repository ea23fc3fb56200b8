// Tracepoints with types: pointers to kernel objects can be followed directly.
#include "bpf.h"

LICENSE("GPL");

struct mm_struct;

struct task_struct {
	int pid, tgid;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	char comm[16];
} CORE;

int last;

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	last = next->real_parent->tgid;
	return 0;
}

SEC("tp_btf/sched_switch")
int write(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	next->pid = 1; // want "only read is supported"
	return 0;
}

SEC("tp_btf/sched_switch")
int too_many(u64 *ctx) {
	return ctx[9]; // want "invalid bpf_context access off=72 size=8"
}

SEC("tp_btf/sched_switch")
int arithmetic(u64 *ctx) {
	struct task_struct *next = (void *)ctx[2];
	u64 at = ctx[0];
	return *(int *)((void *)next + (at & 8)); // want "R2 is ptr_task_struct invalid variable offset: off=0, var_off=(0x0; 0x8)"
}
