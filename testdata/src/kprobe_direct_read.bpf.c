// Rejected: a kernel address in a register is a number to the verifier.
#include "bpf.h"

LICENSE("GPL");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

SEC("kprobe/do_unlinkat")
int unlink(struct pt_regs *regs) {
	const char *name = *(const char **)regs->si; // want "R1 invalid mem access 'scalar'"
	char first = 0;
	bpf_probe_read_kernel(&first, 1, name);
	return first == '.';
}
