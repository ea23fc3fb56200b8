// Fields of kernel types are found by name when the program is loaded; a flavour
// stands for what a field is called in other kernels.
#include "bpf.h"

LICENSE("GPL");

struct mm_struct;

struct task_struct {
	int pid, tgid;
	struct task_struct *real_parent;
	char comm[16];
	unsigned int __state;
} CORE;

struct task_struct___old {
	long state;
} CORE;

#define HAS(field) __builtin_preserve_field_info(field, 2)
#define READ(dst, src) bpf_probe_read_kernel(&(dst), sizeof(dst), &(src))

SEC("kprobe/wake_up_new_task")
int wake(void *regs) {
	struct task_struct *task = (void *)bpf_get_current_task(), *parent;
	struct task_struct___old *old = (void *)task;
	int pid = 0;
	long state = 0;
	READ(parent, task->real_parent);
	READ(pid, parent->tgid);
	if (HAS(task->__state))
		bpf_probe_read_kernel(&state, 4, &task->__state);
	else if (HAS(old->state))
		READ(state, old->state);
	return pid == 1 && state;
}
