// Rejected: no kernel has this field, so the loader makes an instruction of it
// that cannot be reached in a valid program.
#include "bpf.h"

LICENSE("GPL");

struct task_struct {
	int colour;
} CORE;

SEC("kprobe/wake_up_new_task")
int wake(void *regs) {
	struct task_struct *task = (void *)bpf_get_current_task();
	int colour = 0; // want "invalid func unknown#195896080"
	bpf_probe_read_kernel(&colour, 4, &task->colour);
	return colour;
}
