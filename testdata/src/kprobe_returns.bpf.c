// A kprobe program sees the registers of the probed place, whole or in part. Any
// result is allowed: 0 filters the event, others keep it.
#include "bpf.h"

LICENSE("GPL");

struct registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

SEC("kprobe/do_unlinkat")
int keeps(struct registers *regs) {
	return regs->di > 100;
}

SEC("kretprobe/do_unlinkat")
int other_result(struct registers *regs) {
	return (int)regs->ax;
}

SEC("kprobe/do_unlinkat")
int half_register(struct registers *regs) {
	return *(u32 *)&regs->di == 0;
}

SEC("kprobe/do_unlinkat")
int across_registers(struct registers *regs) {
	return *(volatile u64 *)((void *)&regs->di + 4) == 0; // want "invalid bpf_context access off=116 size=8"
}

SEC("kprobe/do_unlinkat")
int behind_registers(struct registers *regs) {
	return ((u64 *)regs)[21] == 0; // want "invalid bpf_context access off=168 size=8"
}

SEC("kprobe/do_unlinkat")
int overrides(struct registers *regs) {
	bpf_override_return(regs, -12); // want "program of this type cannot use helper bpf_override_return#58"
	return 0;
}
