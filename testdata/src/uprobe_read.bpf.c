// Probes of user space: plain, at return, and one that may sleep.
#include "bpf.h"

LICENSE("GPL");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

char line[80];

SEC("uprobe")
int enter(struct pt_regs *regs) {
	return bpf_probe_read_user_str(line, sizeof(line), (void *)regs->di) > 0;
}

SEC("uretprobe")
int leave(struct pt_regs *regs) {
	return regs->ax != 0;
}

SEC("uprobe.s")
int sleepy(struct pt_regs *regs) {
	return bpf_copy_from_user(line, sizeof(line), (void *)regs->di);
}

SEC("uprobe")
int awake(struct pt_regs *regs) {
	return bpf_copy_from_user(line, sizeof(line), (void *)regs->di); // want "helper call might sleep in a non-sleepable prog"
}
