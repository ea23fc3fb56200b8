// Rejected: helpers that read kernel memory are for GPL-compatible programs.
#include "bpf.h"

LICENSE("Proprietary");

struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

SEC("kprobe/tcp_connect")
int connect(struct pt_regs *regs) {
	u16 family = 0;
	bpf_probe_read_kernel(&family, sizeof(family), (void *)(regs->di + 16)); // want "cannot call GPL-restricted function from non-GPL compatible program"
	return family == 2;
}
